// Mouse and keys over the picture.
import { cellAt } from "./drawing.js";
import { editable } from "./editing.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Spot} Spot */

/** @type {Record<string, [number, number]>} down and right */
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {View} view
 * @param {HTMLElement} ground
 * @param {{editor: HTMLElement, edit: (spot: Spot, first?: string) => void}} editing
 * @param {{refresh: () => void, step: (way: number) => void}} acts
 */
export function listen(view, ground, { editor, edit }, { refresh, step }) {
  ground.onpointermove = (event) => {
    if (event.pointerType !== "mouse") return;
    const found = spotAt(view, ground, event);
    const next = found && found.row >= 0 ? found : null;
    ground.style.cursor = next && editable(next.id) ? "text" : found ? "pointer" : "default";
    if (JSON.stringify(next) === JSON.stringify(view.pointed)) return;
    view.pointed = next;
    refresh();
  };
  ground.onpointerleave = () => {
    view.pointed = null;
    refresh();
  };
  ground.onclick = (event) => {
    const found = event.target === editor ? null : spotAt(view, ground, event);
    if (!found) return;
    view.current = found.id;
    view.cursor = found.row >= 0 ? found : null;
    view.paint();
    if (view.cursor && editable(found.id)) edit(found);
  };
  ground.onkeydown = (event) => {
    const { cursor } = view;
    if (event.key in MOVES) move(view, MOVES[event.key]);
    else if (event.key === "PageDown" || event.key === "PageUp") {
      step(event.key === "PageDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      [view.current, view.cursor, view.pointed] = ["", null, null];
    } else if (cursor && opens(event.key)) {
      if (editable(cursor.id)) edit(cursor, event.key === "Enter" ? "" : event.key);
    } else return;
    event.preventDefault();
    if (!opens(event.key)) refresh();
  };
}

/** Whether a key begins a number. @param {string} key */
const opens = (key) => key === "Enter" || /^[-−.\d]$/.test(key);

/** @type {(view: View, ground: HTMLElement, event: MouseEvent) => Spot | null} */
function spotAt(view, ground, event) {
  const box = ground.getBoundingClientRect();
  const x = event.clientX - box.left + ground.scrollLeft;
  const found = cellAt(view.plan, x, event.clientY - box.top);
  if (!found) return null;
  return { row: found.row, column: found.column, id: view.plan.panels[found.panel].stage.id };
}

/** @type {(view: View, way: [number, number]) => void} */
function move(view, [down, right]) {
  view.current ||= view.stages[0].id;
  const one = view.stageOf(view.current);
  if (!one) return;
  const matrix = view.matrixOf(one);
  const begun = { row: down ? -1 : 0, column: right ? -1 : 0 };
  const from = view.cursor?.id === view.current ? view.cursor : begun;
  const within = (/** @type {number} */ at, /** @type {number} */ most) =>
    Math.min(most - 1, Math.max(0, at));
  view.pointed = null;
  view.cursor = {
    id: view.current,
    row: within(from.row + down, matrix.length),
    column: within(from.column + right, matrix[0].length),
  };
}
