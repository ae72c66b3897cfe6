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
  const editor = element("input", "editor", "", { type: "text", inputmode: "decimal" });
  editor.hidden = true;
  ground.append(editor);

  function close() {
    editor.hidden = true;
    ground.focus({ preventScroll: true });
  }

  /** @param {Spot} spot */
  function commit(spot) {
    taken(view, spot, editor.value);
    close();
    view.paint();
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
      put(editor, cellBox(panel, row, column));
      editor.value = first || String(panel.matrix[row][column]);
      editor.setAttribute("aria-label", `${view.called(id)} ${row + 1}, ${column + 1}`);
      editor.hidden = false;
      editor.focus();
      if (!first) editor.select();
      listen(spot);
    },
  };
}

/** A number that was typed becomes the cell's, or a complaint. @type {(view: View, spot: Spot, typed: string) => void} */
function taken(view, { id, row, column }, typed) {
  const number = numberTyped(typed);
  const refused = Number.isNaN(number);
  const said = { text: typed.slice(0, 20), most: GREATEST };
  view.complaint = refused ? view.stage.word("refused", said) : "";
  if (refused) return;
  const { looks, edits } = view.state();
  const source = looks === "self" ? "query" : id;
  view.change({
    edits: { ...edits, [source]: { ...edits[source], [`${row},${column}`]: number } },
  });
}

/** @type {(editor: HTMLElement, box: import("../shared/types.d.ts").Box) => void} */
function put(editor, { x, y, w, h }) {
  Object.assign(editor.style, {
    left: `${x}px`,
    top: `${y}px`,
    width: `${w}px`,
    height: `${h}px`,
  });
}
