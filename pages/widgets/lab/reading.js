// The number that is pointed at: where it stands, the sum behind it, what it comes from.
import { element, plain } from "../shared/stage.js";

/** @typedef {import("./view.js").View} View */

const LETTERS = { query: "q", key: "k", value: "v" };

/** What is lit: the step, the cell, and the boxes that it comes from. @param {View} view */
export function lit(view) {
  const at = view.pointed ?? view.cursor;
  const one = at && view.stageOf(at.id);
  const matrix = one ? view.matrixOf(one) : [];
  if (!at || !one || !(at.row < matrix.length && at.column < matrix[0].length)) {
    return { stage: view.current, cell: null, sources: [] };
  }
  return {
    stage: view.current,
    cell: /** @type {[string, number, number]} */ ([at.id, at.row, at.column]),
    sources: one.from?.(at.row, at.column, shownHead(view, one)) ?? [],
  };
}

/** @type {(view: View, one: import("./replay.js").Stage) => number} */
const shownHead = (view, one) => Math.min(view.head(), one.heads.length - 1);

/** Says it in the read-out. @param {View} view */
export function say(view) {
  const { cell } = lit(view);
  const { stage } = view;
  if (!cell) {
    const words = view.current ? stage.word(`about_${view.current}`) : stage.word("hint");
    return stage.say(plain(words.startsWith("about_") ? stage.word("hint") : words));
  }
  const [id, row, column] = cell;
  const one = /** @type {import("./replay.js").Stage} */ (view.stageOf(id));
  const value = view.matrixOf(one)[row][column];
  const sum = value !== false && one.say ? one.say(shownHead(view, one), row, column) : "";
  stage.say(
    plain(`${view.called(id)} [${place(one, row, column)}]  `),
    ...(sum ? [plain(`= ${sum} `)] : []),
    element("span", "value", figure(stage, value)),
  );
}

/** @type {(one: import("./replay.js").Stage, row: number, column: number) => string} */
function place({ rows, columns }, row, column) {
  const letter = (/** @type {string} */ counted) =>
    LETTERS[/** @type {keyof typeof LETTERS} */ (counted)] ?? "";
  return `${letter(rows)}${row + 1}, ${letter(columns)}${column + 1}`;
}

/** @type {(stage: View["stage"], value: number | boolean) => string} */
const figure = (stage, value) =>
  typeof value === "boolean"
    ? stage.word(value ? "may" : "blocked")
    : `= ${Number(value).toPrecision(4).replace("-", "−")}`;
