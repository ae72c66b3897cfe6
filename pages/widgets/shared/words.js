// Words as buttons over a drawing: point, pin, walk with the arrow keys.
import { legible } from "./letters.js";
import { element } from "./stage.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/**
 * Two groups of words. `look(side, index | null)` is told what is pointed at, `pin(side, index)`
 * what is clicked, `clear()` that Escape was pressed, `cross` says which keys change sides.
 */
export function wordGroups(host, { look, pin, clear, steps = () => STEPS }) {
  const groups = [[], []];
  const current = [0, 0];

  function go(side, index) {
    const word = groups[side][Math.max(0, Math.min(index, groups[side].length - 1))];
    word?.focus();
  }

  function key(event, side, index) {
    const way = steps();
    const other = way === STEPS ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key in way) go(side, index + way[event.key]);
    else if (event.key === "Home") go(side, 0);
    else if (event.key === "End") go(side, groups[side].length - 1);
    else if (event.key === other[0]) go(0, side === 0 ? index : current[0]);
    else if (event.key === other[1]) go(1, side === 1 ? index : current[1]);
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function make(side, index) {
    const word = element("button", "token", "", { type: "button" });
    word.append(document.createElement("bdi"));
    word.onpointerenter = () => look(side, index);
    word.onpointerleave = (event) => event.pointerType === "mouse" && look(side, null);
    word.onfocus = () => {
      for (const one of groups[side]) one.tabIndex = one === word ? 0 : -1;
      current[side] = index;
      if (word.matches(":focus-visible")) look(side, index);
    };
    word.onblur = () => look(side, null);
    word.onclick = () => pin(side, index);
    word.onkeydown = (event) => key(event, side, index);
    return word;
  }

  return {
    groups,
    /** Shows these words on one side, keeping the buttons that are there. */
    set(side, words, name) {
      const group = groups[side];
      while (group.length > words.length) group.pop().remove();
      while (group.length < words.length) {
        const word = make(side, group.length);
        group.push(word);
        host.append(word);
      }
      current[side] = Math.min(current[side], Math.max(0, words.length - 1));
      words.forEach((text, index) => {
        const shown = legible(text);
        const word = group[index];
        if (word.textContent !== shown) word.firstChild.textContent = shown;
        word.title = shown;
        word.tabIndex = index === current[side] ? 0 : -1;
        word.setAttribute("aria-label", `${name} ${index + 1}: ${shown}`);
      });
    },
    place(side, index, x, y, width, height, align, size) {
      Object.assign(groups[side][index].style, {
        left: `${x}px`,
        top: `${y}px`,
        width: `${width}px`,
        height: `${height}px`,
        lineHeight: `${height}px`,
        textAlign: align,
        fontSize: `${size}px`,
      });
    },
    mark(side, index, { pinned = false, dim = false, strong = false, special = false }) {
      const word = groups[side][index];
      word.classList.toggle("pinned", pinned);
      word.classList.toggle("dim", dim);
      word.classList.toggle("strong", strong);
      word.classList.toggle("special", special);
      word.setAttribute("aria-pressed", String(pinned));
    },
  };
}
