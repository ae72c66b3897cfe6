// From stage to stage: forth, back, and as it began.
import { element } from "../shared/stage.js";

/** @typedef {import("./view.js").View} View */

/**
 * @param {View} view
 * @param {HTMLElement} row  where the buttons go
 * @param {() => void} reveal  brings the step's panel into sight
 */
export function createSteps(view, row, reveal) {
  const { stage } = view;
  const heading = element("span", "which");

  /** @param {number} way */
  function step(way) {
    const at = place();
    const next = at < 0 ? (way > 0 ? 0 : view.stages.length - 1) : at + way;
    view.current = view.stages[next]?.id ?? "";
    view.cursor = null;
    view.paint();
    reveal();
  }

  const place = () => view.stages.findIndex(({ id }) => id === view.current);

  /** @type {(name: string, way: number) => HTMLElement} */
  function button(name, way) {
    const word = stage.word(name);
    const made = element("button", "step", way < 0 ? "◀" : "▶", {
      type: "button",
      "aria-label": word,
      title: word,
    });
    made.onclick = () => step(way);
    return made;
  }

  function anew() {
    view.complaint = "";
    const begun = { knobs: {}, looks: view.state().looks, mask: "none", edits: {} };
    stage.choose("state", begun, 0);
  }

  return {
    step,
    build() {
      const reset = element("button", "step wide", stage.word("reset"), { type: "button" });
      reset.onclick = anew;
      row.replaceChildren(button("back", -1), heading, button("next", 1), reset);
    },
    settle() {
      const [at, steps] = [place(), view.stages.length];
      heading.textContent = at < 0
        ? stage.word("all", { steps })
        : stage.word("step", { step: at + 1, steps });
    },
  };
}
