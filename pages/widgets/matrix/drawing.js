// Cells, labels and marks of a matrix: where everything goes, and how it is drawn.
import { legible, measure } from "../shared/letters.js";
import { luminance, shade } from "../shared/theme.js";
import { context } from "../shared/element.js";
import { drawLabels, TILT } from "./labels.js";
import { drawLink } from "./links.js";

/** @import { Matrix } from "../shared/pictures.d.ts" */
/** @import { Numbers, Shades } from "../shared/planes.js" */
/** @import { Box, Pen, Theme } from "../shared/types.d.ts" */
/** @import { Kind } from "./links.js" */

/** @typedef {[number, number]} Cell row and column, counted from 0 */
/** @typedef {{ most: number, share: (index: number) => number }} Scale largest weight, and of it or of its row's the share of a cell */
/** @typedef {{ r: number, c: number, rows?: number, columns?: number }} Cells */

/**
 * @typedef {object} Marks
 * @property {Cell | null} cell
 * @property {number[]} pins
 * @property {Record<Kind, Cell[]>} links
 * @property {Cell | null} pointed
 */

/** @typedef {ReturnType<typeof matrixPlan>} Plan */

const LARGEST = 54;
const TALLEST = 700;
const FEW = 6000;

/**
 * The side of a cell: [x, y] in px, whole where cells are large enough to be told apart.
 * @param {number} rows
 * @param {number} columns
 * @param {number} room
 * @param {number} lean
 */
function cellSize(rows, columns, room, lean) {
  const wide = Math.max(0.1, room / columns);
  const cell = Math.min(LARGEST, wide, Math.max((room - lean) / columns, wide * 0.86));
  const low = Math.max(TALLEST / rows, Math.min(4, (2 * TALLEST) / rows));
  const whole = (/** @type {number} */ side) => (side >= 10 ? Math.floor(side) : side);
  const y = whole(Math.min(cell, low));
  return [y >= 16 ? y : whole(cell), y];
}

/**
 * In a file there is room for every label, up to a few hundred.
 * @param {number} count
 * @param {number} size
 */
function fileCellSize(count, size) {
  const side = Math.max(Math.ceil(size * 1.25), Math.min(LARGEST, Math.floor(760 / count)));
  return count > 300 ? [2000 / count, 2000 / count] : [side, side];
}

/**
 * Where labels and cells go for this width, or, without one (0), in a file.
 * @param {Pick<Matrix, "rows" | "columns">} data
 * @param {number} width
 * @param {Pick<Theme, "font">} theme
 * @param {number} size
 */
export function matrixPlan(data, width, theme, size) {
  const widest = (/** @type {string[]} */ labels) =>
    labels.reduce((most, label) => Math.max(most, measure(legible(label), size, theme, 600)), 0);
  const left = Math.ceil(Math.min(widest(data.rows), width ? Math.min(190, width * 0.3) : 260)) +
    14;
  const slope = (TILT * Math.PI) / 180;
  const long = Math.min(widest(data.columns), width ? Math.min(170, width * 0.34) : 260);
  const top = Math.ceil(long * Math.sin(slope) + size) + 6;
  const lean = Math.ceil(long * Math.cos(slope)) + 6;
  const [rows, columns] = [data.rows.length, data.columns.length];
  const [x, y] = width
    ? cellSize(rows, columns, width - left - 2, lean)
    : fileCellSize(Math.max(rows, columns), size);
  const wide = Math.ceil(left + x * columns + lean);
  return {
    left,
    top,
    long,
    size,
    x,
    y,
    gap: Math.min(x, y) >= 12 ? 1 : 0,
    width: width ? Math.min(width, wide) : wide,
    height: Math.ceil(top + y * rows + 4),
    everyRow: Math.ceil((size * 1.15) / y),
    everyColumn: Math.ceil((size * 1.25) / x),
    values: x >= 34 && rows * columns <= 400,
  };
}

/**
 * How strong each cell is, relative to the largest weight of the matrix or of its row.
 * @param {Numbers} weights
 * @param {number} columns
 * @param {"matrix" | "row" | undefined} scale
 * @returns {Scale}
 */
export function rowScale(weights, columns, scale) {
  const highest = new Float32Array(columns ? weights.length / columns : 0);
  weights.forEach((weight, index) => {
    const row = Math.floor(index / columns);
    highest[row] = Math.max(highest[row], weight);
  });
  const most = highest.reduce((a, b) => Math.max(a, b), 0);
  if (scale !== "row") highest.fill(most);
  return {
    most,
    share: (index) => weights[index] / (highest[Math.floor(index / columns)] || 1),
  };
}

/**
 * The same from shades: as strong as can be told apart in colours.
 * @param {Shades} shades
 * @returns {Scale}
 */
export const shadeScale = ({ most, steps }) => ({
  most: most.reduce((a, b) => Math.max(a, b), 0),
  share: (index) => steps[index] / 255,
});

/**
 * @param {Pick<Matrix, "allowed">} data
 * @param {number} index
 */
export const blocked = (data, index) => data.allowed !== null && !data.allowed[index];

/**
 * Cells as pixels, the largest of those that share one where there are more cells than pixels.
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Scale} scale
 */
function pixels(data, plan, theme, scale) {
  const [rows, columns] = [data.rows.length, data.columns.length];
  const sharp = globalThis.devicePixelRatio || 1;
  const w = Math.min(columns, Math.max(1, Math.round(plan.x * columns * sharp)));
  const h = Math.min(rows, Math.max(1, Math.round(plan.y * rows * sharp)));
  const shares = new Float32Array(w * h).fill(-1);
  for (let r = 0; r < rows; r++) {
    const line = Math.floor((r * h) / rows) * w;
    for (let c = 0; c < columns; c++) {
      const index = r * columns + c;
      const pixel = line + Math.floor((c * w) / columns);
      if (!blocked(data, index)) {
        shares[pixel] = Math.max(shares[pixel], scale.share(index));
      }
    }
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [w, h];
  const ctx = context(canvas);
  const image = ctx.createImageData(w, h);
  shares.forEach((share, pixel) => {
    if (share < 0) return;
    image.data.set(theme.ramp[Math.round(255 * Math.min(1, share))], pixel * 4);
    image.data[pixel * 4 + 3] = 255;
  });
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 */
function drawBlocked(pen, data, plan) {
  const columns = data.columns.length;
  for (let r = 0; r < data.rows.length; r++) {
    for (let c = 0; c < columns; c++) {
      const start = c;
      while (c < columns && blocked(data, r * columns + c)) c++;
      if (c > start) {
        pen.hatch(plan.left + start * plan.x, plan.top + r * plan.y, (c - start) * plan.x, plan.y);
      }
    }
  }
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Scale} scale
 * @param {Numbers | null} values
 */
function drawCells(pen, data, plan, theme, scale, values) {
  const columns = data.columns.length;
  const inner = [plan.x - plan.gap, plan.y - plan.gap];
  const numbers = Math.min(15, plan.x * 0.36);
  for (let index = 0; index < data.rows.length * columns; index++) {
    if (blocked(data, index)) continue;
    const r = Math.floor(index / columns);
    const [x, y] = [plan.left + (index % columns) * plan.x, plan.top + r * plan.y];
    const fill = shade(theme, scale.share(index));
    pen.rect(x, y, inner[0], inner[1], { fill });
    const weight = values?.[index];
    if (plan.values && weight !== undefined) {
      pen.text(x + inner[0] / 2, y + inner[1] / 2, weight.toFixed(2).replace(/^0\./, "."), {
        size: numbers,
        anchor: "middle",
        fill: luminance(fill) > 0.2 ? "#10131a" : "#ffffff",
        opacity: weight < 0.005 ? 0.45 : 1,
      });
    }
  }
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Scale} scale
 * @param {Numbers | null} values  the weights, where they are to be read in the cells
 */
export function drawMatrix(pen, data, plan, theme, scale, values) {
  const [rows, columns] = [data.rows.length, data.columns.length];
  if (data.allowed) drawBlocked(pen, data, plan);
  if (rows * columns <= FEW) drawCells(pen, data, plan, theme, scale, values);
  else {
    const picture = pixels(data, plan, theme, scale);
    pen.image(picture, plan.left, plan.top, plan.x * columns, plan.y * rows);
  }
  pen.rect(
    plan.left - 1,
    plan.top - 1,
    plan.x * columns + 2 - plan.gap,
    plan.y * rows + 2 - plan.gap,
    { stroke: theme.hair },
  );
}

/**
 * The box of one or more cells, never too small to be seen.
 * @param {Plan} plan
 * @param {Cells} cells
 * @returns {Box}
 */
function cellBox(plan, { r, c, rows = 1, columns = 1 }) {
  const w = Math.max(5, plan.x * columns - plan.gap);
  const h = Math.max(5, plan.y * rows - plan.gap);
  const x = plan.left + c * plan.x + (plan.x * columns - plan.gap - w) / 2;
  const y = plan.top + r * plan.y + (plan.y * rows - plan.gap - h) / 2;
  return { x, y, w, h };
}

/**
 * A frame around cells (r, c) … with `colour`, readable on every shade.
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Cells} cells
 * @param {string} colour
 * @param {number} width
 */
function frameCells(pen, plan, theme, cells, colour, width) {
  const { x, y, w, h } = cellBox(plan, cells);
  /** @type {[number, number, number, number]} */
  const box = [x - 0.5, y - 0.5, w + 1, h + 1];
  pen.rect(...box, { stroke: theme.paper, width: width + 2, opacity: 0.8 });
  pen.rect(...box, { stroke: colour, width });
}

/**
 * Gold squares first, so that a dot inside one is a link that was found.
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks["links"]} links
 */
function drawLinks(pen, plan, theme, links) {
  for (const kind of /** @type {const} */ (["possible", "sure", "found"])) {
    for (const [r, c] of links[kind]) {
      drawLink(pen, theme, kind, cellBox(plan, { r, c }), plan.values);
    }
  }
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks} marks
 */
export function drawMarks(pen, data, plan, theme, marks) {
  const [rows, columns] = [data.rows.length, data.columns.length];
  drawLabels(pen, data, plan, theme, marks);
  drawLinks(pen, plan, theme, marks.links);
  for (const pin of marks.pins) {
    pen.rect(plan.left - 6, plan.top + pin * plan.y, 3, Math.max(2, plan.y - plan.gap), {
      fill: theme.accent,
    });
  }
  if (marks.pointed) {
    const [r, c] = marks.pointed;
    frameCells(pen, plan, theme, { r, c: 0, columns }, theme.quiet, 1.5);
    frameCells(pen, plan, theme, { r: 0, c, rows }, theme.quiet, 1.5);
  }
  if (marks.cell) {
    const [r, c] = marks.cell;
    frameCells(pen, plan, theme, { r, c }, theme.accent, 3);
  }
}
