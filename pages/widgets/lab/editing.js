// A number of q, k or v is typed over.
import { cellBox } from "./drawing.js";
import { element } from "../shared/stage.js";
import { GREATEST, INPUTS, numberTyped } from "./experiment.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Spot} Spot */

/** @param {string} id */
export const editable = (id) => /** @type {string[]} */ (INPUTS).includes(id);

/**
 * @param {View} view
 * @param {HTMLElement} ground  gets the keys again afterwards
 */
export function createEditor(view, ground) {
  const { stage } = view;
  const editor = element("input", "editor", "", { type: "text", inputmode: "decimal" });
  editor.hidden = true;
  ground.append(editor);

  /** @param {Spot} spot */
  function commit({ id, row, column }) {
    const number = numberTyped(editor.value);
    editor.hidden = true;
    view.complaint = Number.isNaN(number)
      ? stage.word("refused", { text: editor.value.slice(0, 20), most: GREATEST })
      : "";
    if (!view.complaint) {
      const state = view.state();
      const source = /** @type {import("./experiment.js").Part} */ (
        state.looks === "self" ? "query" : id
      );
      const edits = { ...state.edits[source], [`${row},${column}`]: number };
      view.change({ edits: { ...state.edits, [source]: edits } });
    }
    ground.focus({ preventScroll: true });
    view.paint();
  }

  function close() {
    editor.hidden = true;
    ground.focus({ preventScroll: true });
  }

  /** @param {Spot} spot */
  function listen(spot) {
    editor.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key === "Enter") commit(spot);
      else if (event.key === "Escape") close();
    };
    editor.onblur = () => !editor.hidden && commit(spot);
  }

  return {
    editor,
    /** Over a cell; `first` is what was typed to open it. @type {(spot: Spot, first?: string) => void} */
    edit(spot, first = "") {
      const { id, row, column } = spot;
      const panel = view.plan.panels.find((one) => one.stage.id === id);
      if (!panel) return;
      const box = cellBox(panel, row, column);
      Object.assign(editor.style, {
        left: `${box.x}px`,
        top: `${box.y}px`,
        width: `${box.w}px`,
        height: `${box.h}px`,
      });
      editor.value = first || String(panel.matrix[row][column]);
      editor.setAttribute("aria-label", `${view.called(id)} ${row + 1}, ${column + 1}`);
      editor.hidden = false;
      editor.focus();
      if (!first) editor.select();
      listen(spot);
    },
  };
}
