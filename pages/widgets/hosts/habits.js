// What readers expect of any page, and Streamlit does not do: Enter sends what was typed, Back leaves
// the page, half a letter costs nobody the connection, an answer to another text than the one that
// stands in the box is marked as such, and a file that is pasted goes where files are asked for.

const AREA = "[data-testid=stTextArea] textarea";
const FILES = "[data-testid=stFileUploader] input[type=file]";
const BLOCK = "[data-testid=stVerticalBlock]";

/**
 * Whether a key says that a text is done. While a Chinese or Japanese word is being composed, Enter
 * takes the word (229 is what browsers call a key that the composing program keeps).
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function sends(event) {
  const { key, shiftKey, altKey, ctrlKey, metaKey, isComposing, keyCode } = event;
  const alone = !(shiftKey || altKey || ctrlKey || metaKey);
  return key === "Enter" && alone && !isComposing && keyCode !== 229;
}

/**
 * Whether an address is only another state of the page that is open.
 * @param {string} here
 * @param {string} there
 * @returns {boolean}
 */
export function stays(here, there) {
  return new URL(there, here).pathname === new URL(here).pathname;
}

/**
 * Whether any box holds another text than the one that was read; boxes that are not there do not count.
 * @param {Record<string, string>} read  text by the key of its box
 * @param {(key: string) => string | undefined} typed
 * @returns {boolean}
 */
export function older(read, typed) {
  const plain = (/** @type {string} */ text) => text.replace(/\r\n?/g, "\n");
  return Object.entries(read).some(([key, text]) => plain(typed(key) ?? text) !== plain(text));
}

/**
 * What stands in the box of a key, as Streamlit writes keys into names of classes.
 * @param {string} key
 * @returns {string | undefined}
 */
function typed(key) {
  const name = key.replace(/[^a-zA-Z0-9_-]/g, "-");
  const box = document.querySelector(`.st-key-${name} textarea`);
  return box instanceof HTMLTextAreaElement ? box.value : undefined;
}

/** Marks the answers that belong to another text. */
function mark() {
  for (const one of document.querySelectorAll("[data-answers]")) {
    const read = JSON.parse(one.getAttribute("data-answers") ?? "{}");
    one.closest(BLOCK)?.toggleAttribute("data-older", older(read, typed));
  }
}

/**
 * Half of a surrogate pair, as a cut emoji leaves it, becomes the sign of a lost letter: no message
 * can carry it, and the server hangs up on whoever sends it.
 * @param {Event} event
 */
function mend({ target }) {
  if (!(target instanceof HTMLTextAreaElement) && !(target instanceof HTMLInputElement)) return;
  if (target.value.isWellFormed()) return;
  const { selectionStart, selectionEnd, value } = target;
  const plain = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), "value");
  plain?.set?.call(target, value.toWellFormed()); // unseen by React, which then finds a new text
  target.setSelectionRange(selectionStart, selectionEnd);
}

/**
 * Whether an uploader takes a file, by the endings and kinds that it names.
 * @param {string} accepted  as the attribute `accept` has it: ".png,image/jpeg"
 * @param {{name: string, type: string}} file
 * @returns {boolean}
 */
export function takes(accepted, { name, type }) {
  const kinds = accepted.toLowerCase().split(",").map((one) => one.trim()).filter(Boolean);
  const [family] = type.split("/");
  const ways = [type, `${family}/*`, `.${name.split(".").pop()}`];
  return !kinds.length || ways.some((way) => kinds.includes(way.toLowerCase()));
}

/**
 * A file in the clipboard, such as a screenshot, is what the page's uploader is given; text that is
 * pasted with it into a box stays text.
 * @param {ClipboardEvent} event
 */
function pasted(event) {
  const { clipboardData, target } = event;
  const [file] = clipboardData?.files ?? [];
  const writing = target instanceof HTMLElement && target.matches("input, textarea");
  if (!file || (writing && clipboardData?.types.includes("text/plain"))) return;
  const inputs = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(FILES)]);
  const input = inputs.find((one) => !one.disabled && takes(one.accept, file));
  if (!input) return;
  event.preventDefault();
  const moved = new DataTransfer();
  moved.items.add(file);
  input.files = moved.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const box = event.target;
  if (!(box instanceof HTMLTextAreaElement) || !box.matches(AREA) || !sends(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const like = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true };
  box.dispatchEvent(new KeyboardEvent("keydown", like));
}

/** Only another page is a step that Back takes; choices change the address where it stands. */
function stepOnlyToPages() {
  const step = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const there = String(url ?? location.href);
    if (stays(location.href, there)) history.replaceState(state, title, there);
    else step(state, title, there);
  };
}

function live() {
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      mark();
    });
  };
  stepOnlyToPages();
  document.addEventListener("keydown", pressed, true);
  document.addEventListener("input", mend, true); // before Streamlit reads it
  document.addEventListener("input", soon, true);
  document.addEventListener("paste", pasted);
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.matches(AREA)) target.enterKeyHint = "go";
  });
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  soon();
}

if (globalThis.document?.body) live();
