// Words as buttons over a drawing: point, pin, walk with the arrow keys.
import { legible } from "./letters.js";
import { element } from "./element.js";

/** @import { Box } from "./types.d.ts" */

/** @typedef {0 | 1} Side the words that look, the words looked at */
/** @typedef {Record<string, number>} Steps */
/**
 * @typedef {object} Heard
 * @property {(side: Side, index: number | null) => void} look what is pointed at
 * @property {(side: Side, index: number) => void} pin what is clicked
 * @property {() => void} clear Escape was pressed
 * @property {() => Steps} [steps] the keys that stay on a side
 */

/** @type {Steps} */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

const word = (/** @type {HTMLElement} */ node) => /** @type {HTMLElement} */ (node.firstChild);

/** Two groups of words over a drawing. */
export class WordGroups {
  /**
   * @param {HTMLElement} host
   * @param {Heard} heard
   */
  constructor(host, heard) {
    this.host = host;
    this.heard = heard;
    /** @type {[HTMLElement[], HTMLElement[]]} */
    this.groups = [[], []];
    this.current = [0, 0];
  }

  /**
   * @param {Side} side
   * @param {number} index
   */
  go(side, index) {
    this.groups[side][Math.max(0, Math.min(index, this.groups[side].length - 1))]?.focus();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Side} side
   * @param {number} index
   */
  key(event, side, index) {
    const way = this.heard.steps?.() ?? STEPS;
    const other = way === STEPS ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key in way) this.go(side, index + way[event.key]);
    else if (event.key === "Home") this.go(side, 0);
    else if (event.key === "End") this.go(side, this.groups[side].length - 1);
    else if (event.key === other[0]) this.go(0, side === 0 ? index : this.current[0]);
    else if (event.key === other[1]) this.go(1, side === 1 ? index : this.current[1]);
    else if (event.key === "Escape") this.heard.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {Side} side
   * @param {number} index
   */
  make(side, index) {
    const { look, pin } = this.heard;
    const made = element("button", "token", "", { type: "button" });
    made.append(document.createElement("bdi"));
    made.onpointerenter = () => look(side, index);
    made.onpointerleave = (event) => event.pointerType === "mouse" && look(side, null);
    made.onfocus = () => {
      for (const one of this.groups[side]) one.tabIndex = one === made ? 0 : -1;
      this.current[side] = index;
      if (made.matches(":focus-visible")) look(side, index);
    };
    made.onblur = () => look(side, null);
    made.onclick = () => pin(side, index);
    made.onkeydown = (event) => this.key(event, side, index);
    return made;
  }

  /**
   * Shows these words on one side, keeping the buttons that are there.
   * @param {Side} side
   * @param {string[]} words
   * @param {string} name
   */
  set(side, words, name) {
    const group = this.groups[side];
    while (group.length > words.length) group.pop()?.remove();
    while (group.length < words.length) {
      const made = this.make(side, group.length);
      group.push(made);
      this.host.append(made);
    }
    this.current[side] = Math.min(this.current[side], Math.max(0, words.length - 1));
    words.forEach((text, index) => {
      const shown = legible(text);
      const button = group[index];
      if (button.textContent !== shown) word(button).textContent = shown;
      button.title = shown;
      button.tabIndex = index === this.current[side] ? 0 : -1;
      button.setAttribute("aria-label", `${name} ${index + 1}: ${shown}`);
    });
  }

  /**
   * @param {Side} side
   * @param {number} index
   * @param {Box} box
   * @param {string} align
   * @param {number} size
   */
  place(side, index, { x, y, w, h }, align, size) {
    Object.assign(this.groups[side][index].style, {
      left: `${x}px`,
      top: `${y}px`,
      width: `${w}px`,
      height: `${h}px`,
      lineHeight: `${h}px`,
      textAlign: align,
      fontSize: `${size}px`,
    });
  }

  /**
   * @param {Side} side
   * @param {number} index
   * @param {{ pinned?: boolean, dim?: boolean, strong?: boolean, special?: boolean }} how
   */
  mark(side, index, { pinned = false, dim = false, strong = false, special = false }) {
    const { classList } = this.groups[side][index];
    classList.toggle("pinned", pinned);
    classList.toggle("dim", dim);
    classList.toggle("strong", strong);
    classList.toggle("special", special);
    this.groups[side][index].setAttribute("aria-pressed", String(pinned));
  }
}
