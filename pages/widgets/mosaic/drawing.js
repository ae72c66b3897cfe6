// Several matrices over the same words, side by side: forbidden, allowed but zero, and weight.
import { legible, measure, shortened } from "../shared/letters.js";
import { luminance, mix, shade } from "../shared/theme.js";

/** @import { Mosaic, Panel } from "../shared/pictures.d.ts" */
/** @import { Pen, Theme } from "../shared/types.d.ts" */

/** @typedef {{ panel: number, row: number, column: number }} Place column -1 = a row alone */
/**
 * @typedef {Panel & { place: number, x: number, y: number, left: number, top: number,
 *   cell: number, room: number, offset: number, high: number }} Placed
 */
/** @typedef {{ panels: Placed[], width: number, height: number, cell: number }} Plan */

const GAP = 30;
const HEAD = 52;
const SIZE = 14;
const LARGEST = 40;
const SLOPE = (50 * Math.PI) / 180;

/**
 * Where every panel stands: as many beside each other as stay legible.
 * @param {Pick<Mosaic, "panels">} data
 * @param {number} width
 * @param {Pick<Theme, "font">} theme
 * @returns {Plan}
 */
export function mosaicPlan(data, width, theme) {
  const labels = [...data.panels.flatMap((one) => [...one.rows, ...one.columns])];
  const widest = Math.max(...labels.map((text) => measure(legible(text), SIZE, theme, 600)), 10);
  const left = Math.ceil(Math.min(widest, 96)) + 10;
  const top = Math.ceil(Math.min(widest, 96) * Math.sin(SLOPE)) + 14;
  const lean = Math.ceil(Math.min(widest, 96) * Math.cos(SLOPE));
  const most = Math.max(...data.panels.map((one) => one.columns.length));
  const least = left + lean + most * (width < 560 ? 10 : 17);
  const beside = Math.max(
    1,
    Math.min(data.panels.length, 4, Math.floor((width + GAP) / (least + GAP))),
  );
  const room = (width - GAP * (beside - 1)) / beside;
  const cell = Math.max(3, Math.min(LARGEST, Math.floor((room - left - lean) / most)));
  let [y, tallest, offset] = [4, 0, 0];
  const panels = data.panels.map((one, place) => {
    if (place % beside === 0 && place) {
      y += tallest + GAP;
      tallest = 0;
    }
    const x = (place % beside) * (room + GAP);
    const high = HEAD + top + one.rows.length * cell;
    const panel = { ...one, place, x, y, left, top: HEAD + top, cell, room, offset, high };
    offset += one.rows.length * one.columns.length;
    tallest = Math.max(tallest, high);
    return panel;
  });
  return { panels, width, height: y + tallest + 8, cell };
}

/**
 * @param {Pick<Mosaic, "weights">} data
 * @param {Placed} panel
 * @param {number} row
 * @param {number} column
 */
export const valueAt = (data, panel, row, column) =>
  data.weights[panel.offset + row * panel.columns.length + column];
/**
 * @param {Pick<Mosaic, "allowed">} data
 * @param {Placed} panel
 * @param {number} row
 * @param {number} column
 */
export const mayAt = (data, panel, row, column) =>
  Boolean(data.allowed[panel.offset + row * panel.columns.length + column]);

/**
 * The cell under a point, or null; a row alone has column -1.
 * @param {Plan} plan
 * @param {number} x
 * @param {number} y
 * @returns {Place | null}
 */
export function mosaicAt(plan, x, y) {
  for (const panel of plan.panels) {
    const column = Math.floor((x - panel.x - panel.left) / panel.cell);
    const row = Math.floor((y - panel.y - panel.top) / panel.cell);
    const inside = row >= 0 && row < panel.rows.length && column < panel.columns.length;
    if (!inside || x < panel.x) continue;
    return { panel: panel.place, row, column: Math.max(-1, column) };
  }
  return null;
}

/**
 * One cell: hatched where forbidden, ○ where exactly zero, else its weight as a colour.
 * @param {Pen} pen
 * @param {{ x: number, y: number, side: number }} at
 * @param {{ value: number, may: boolean, share: number }} what
 * @param {Theme} theme
 */
function drawCell(pen, { x, y, side }, { value, may, share }, theme) {
  const inner = side - (side >= 9 ? 1 : 0);
  if (!may) {
    pen.rect(x, y, inner, inner, { fill: theme.paper });
    pen.hatch(x, y, inner, inner);
    return;
  }
  const fill = value < 0 ? mix(theme.wash, theme.heads[6], 0.1 + 0.5 * share) : shade(theme, share);
  pen.rect(x, y, inner, inner, { fill });
  const middle = /** @type {const} */ ([x + side / 2, y + side / 2]);
  if (value === 0 && side >= 8) {
    const size = Math.min(18, side * 0.8);
    pen.text(...middle, "○", { size, fill: theme.quiet, anchor: "middle" });
  } else if (side >= 36) {
    const ink = luminance(fill) > 0.24 ? "#16181d" : "#ffffff";
    pen.text(...middle, written(value), { size: 13, fill: ink, anchor: "middle" });
  }
}

/**
 * ".25", "−.25", "1.00".
 * @param {number} value
 */
export const written = (value) => value.toFixed(2).replace(/^(-?)0/, "$1").replace("-", "−");

/**
 * @param {Pen} pen
 * @param {Mosaic} data
 * @param {Placed} panel
 * @param {Theme} theme
 * @param {number} most
 */
function cells(pen, data, panel, theme, most) {
  const side = panel.cell;
  panel.rows.forEach((_label, row) =>
    panel.columns.forEach((_name, column) => {
      const x = panel.x + panel.left + column * side;
      const y = panel.y + panel.top + row * side;
      const value = valueAt(data, panel, row, column);
      const may = mayAt(data, panel, row, column);
      const share = most ? Math.abs(value) / most : 0;
      drawCell(pen, { x, y, side }, { value, may, share }, theme);
    })
  );
}

/**
 * @param {Pen} pen
 * @param {Placed} panel
 * @param {Theme} theme
 * @param {Place | null} lit
 */
function names(pen, panel, theme, lit) {
  const { cell } = panel;
  const every = Math.ceil((SIZE * 1.1) / cell);
  const style = (/** @type {boolean} */ strong) => ({
    size: SIZE,
    weight: strong ? 600 : 400,
    fill: strong ? theme.ink : theme.quiet,
  });
  panel.rows.forEach((label, row) => {
    const strong = lit?.row === row;
    if (row % every && !strong) return;
    const text = shortened(legible(label), panel.left - 10, SIZE, theme, strong ? 600 : 400);
    const [x, y] = [panel.x + panel.left - 8, panel.y + panel.top + (row + 0.5) * cell];
    pen.text(x, y, text, { ...style(strong), anchor: "end" });
  });
  panel.columns.forEach((label, column) => {
    const strong = lit?.column === column;
    if (column % every && !strong) return;
    const text = shortened(legible(label), 96, SIZE, theme, strong ? 600 : 400);
    const [x, y] = [panel.x + panel.left + (column + 0.35) * cell, panel.y + panel.top - 8];
    pen.text(x, y, text, { ...style(strong), rotate: -50 });
  });
}

/**
 * @param {Pen} pen
 * @param {Placed} panel
 * @param {Theme} theme
 */
function heading(pen, panel, theme) {
  const room = Math.max(60, panel.room - 4);
  const title = shortened(panel.title, room, 16, theme, 600);
  pen.text(panel.x, panel.y + 12, title, { size: 16, weight: 600, fill: theme.ink });
  const note = shortened(panel.note, room, 14, theme);
  pen.text(panel.x, panel.y + 34, note, { size: 14, fill: theme.quiet });
}

/**
 * A frame around the row that is lit, and one around its cell.
 * @param {Pen} pen
 * @param {Placed} panel
 * @param {Theme} theme
 * @param {Place} lit
 */
function frames(pen, panel, theme, { row, column }) {
  const { cell } = panel;
  const [x, y] = [panel.x + panel.left, panel.y + panel.top + row * cell];
  pen.rect(x, y, panel.columns.length * cell, cell, { stroke: theme.accent, width: 1.5 });
  if (column >= 0 && column < panel.columns.length) {
    pen.rect(x + column * cell, y, cell, cell, { stroke: theme.accent, width: 3 });
  }
}

/**
 * The largest weight, whatever its sign.
 * @param {Float32Array} weights
 */
export const largest = (weights) => weights.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/**
 * All panels; the colours run to the largest weight of all, or of each panel.
 * @param {Pen} pen
 * @param {Mosaic} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Place | null} lit
 * @param {boolean} common
 */
export function drawMosaic(pen, data, plan, theme, lit, common) {
  const whole = largest(data.weights);
  for (const panel of plan.panels) {
    const count = panel.rows.length * panel.columns.length;
    const own = largest(data.weights.slice(panel.offset, panel.offset + count));
    const near = lit &&
      (lit.panel === panel.place || panel.group === plan.panels[lit.panel]?.group);
    heading(pen, panel, theme);
    names(pen, panel, theme, near ? lit : null);
    cells(pen, data, panel, theme, common ? whole : own);
    if (near && lit.row < panel.rows.length) frames(pen, panel, theme, lit);
  }
}
