// The lab's picture: numbered panels in the order of the computation, every number in its cell.
import { measure } from "../shared/letters.js";
import { luminance, mix, shade } from "../shared/theme.js";

/** @import { Box, Pen, Theme } from "../shared/types.d.ts" */
/** @import { Shown, Source, Stage } from "./replay.js" */
/**
 * @typedef {object} Panel  one stage and where it stands
 * @property {Stage} stage
 * @property {Shown[][]} matrix  of the head shown
 * @property {number} rows
 * @property {number} columns
 * @property {string} title
 * @property {number} x
 * @property {number} y
 * @property {number} wide
 * @property {number} high
 * @property {Cells} cells
 *
 * @typedef {{width: number, height: number, labels: number}} Cells  sizes in px
 * @typedef {{panels: Panel[], width: number, height: number}} Plan
 *
 * @typedef {object} Lit
 * @property {string} stage  the step that is looked at
 * @property {[string, number, number] | null} cell  stage, row and column of what is pointed at
 * @property {Source[]} sources  where its number came from
 */

const GAP = 22;
const HEAD = 50;
const TOP = HEAD + 20;
const EDGE = 9;
/** @type {Cells} */
const WIDE = { width: 54, height: 36, labels: 32 };
/** @type {Cells} */
const NARROW = { width: 46, height: 32, labels: 28 };
const TYPED = new Set(["query", "key", "value"]);
/** @type {Record<string, string>} */
const MARK = { query: "q", key: "k", value: "v" };

/** @param {number} x */
export function shown(x) {
  if (!Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  return x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−");
}

/**
 * Where every panel and cell stands; on a narrow screen the cells are smaller.
 * @type {(stages: Stage[], head: number, word: (id: string) => string, width: number,
 *   theme: Theme) => Plan}
 */
export function labPlan(stages, head, word, width, theme) {
  const cells = width < 560 ? NARROW : WIDE;
  /** @type {Panel[]} */
  const panels = [];
  let [x, y, row] = [EDGE, EDGE, 0];
  stages.forEach((stage, place) => {
    const matrix = stage.heads[Math.min(head, stage.heads.length - 1)];
    const [rows, columns] = [matrix.length, matrix[0].length];
    const title = `${place + 1}  ${word(stage.id)}`;
    const wide = Math.max(
      cells.labels + columns * cells.width,
      measure(title, 16, theme, 600) + 8,
    );
    const high = TOP + rows * cells.height;
    if (x > EDGE && x + wide > width) [x, y, row] = [EDGE, y + row + GAP, 0];
    panels.push({ stage, matrix, rows, columns, title, x, y, wide, high, cells });
    x += wide + GAP;
    row = Math.max(row, high);
  });
  const right = Math.max(...panels.map((panel) => panel.x + panel.wide));
  return { panels, width: right, height: y + row + 6 };
}

/**
 * How high the canvas is made for a picture: as it was, unless that is too little or far too much.
 * A new size costs more than the picture.
 * @type {(height: number, kept: number) => number}
 */
export const roomFor = (height, kept) => height <= kept && kept <= 4 * height ? kept : height;

/** @type {(panel: Panel, row: number, column: number) => Box} */
export const cellBox = ({ x, y, cells }, row, column) => ({
  x: x + cells.labels + column * cells.width,
  y: y + TOP + row * cells.height,
  w: cells.width,
  h: cells.height,
});

/**
 * The panel, row and column under a point; row or column -1 beside the cells.
 * @type {(plan: Plan, x: number, y: number) => {panel: number, row: number, column: number} | null}
 */
export function cellAt(plan, x, y) {
  const at = plan.panels.findIndex((panel) =>
    x >= panel.x && x < panel.x + panel.wide && y >= panel.y && y < panel.y + panel.high
  );
  if (at < 0) return null;
  const panel = plan.panels[at];
  const column = Math.floor((x - panel.x - panel.cells.labels) / panel.cells.width);
  const row = Math.floor((y - panel.y - TOP) / panel.cells.height);
  const inside = row >= 0 && row < panel.rows && column >= 0 && column < panel.columns;
  return { panel: at, row: inside ? row : -1, column: inside ? column : -1 };
}

/** @type {(id: string, value: number) => string} Numbers that may be typed, with all their digits. */
const written = (id, value) =>
  TYPED.has(id) && Math.abs(value) < 100
    ? String(Math.round(value * 1000) / 1000).replace("-", "−")
    : shown(value);

/** @type {(panel: Panel, value: number, most: number, theme: Theme) => string} */
function filling({ stage }, value, most, theme) {
  const share = most > 0 ? Math.abs(value) / most : 0;
  if (stage.shares && value >= 0) return shade(theme, share);
  if (value === 0) return theme.wash;
  return mix(theme.wash, value > 0 ? theme.heads[0] : theme.heads[6], 0.1 + 0.38 * share);
}

/** @type {(fill: string, theme: Theme) => string} */
function inkOn(fill, theme) {
  const light = luminance(fill);
  return light < 0.2 ? "#ffffff" : light > 0.24 ? "#16181d" : theme.ink;
}

/** @type {(pen: Pen, panel: Panel, box: Box, value: Shown, theme: Theme, most: number) => void} */
function paintNumber(pen, panel, box, value, theme, most) {
  const [middle, line] = [box.x + box.w / 2, box.y + box.h / 2];
  const yes = typeof value === "boolean";
  const fill = yes ? theme.wash : filling(panel, value, most, theme);
  pen.rect(box.x + 1, box.y + 1, box.w - 2, box.h - 2, { fill, radius: 2 });
  if (yes) return pen.text(middle, line, "✓", { size: 14, fill: theme.faint, anchor: "middle" });
  const nothing = panel.stage.shares && value === 0;
  pen.text(middle, line, nothing ? "○" : written(panel.stage.id, value), {
    size: panel.cells === WIDE ? 16 : 14,
    fill: nothing ? theme.quiet : inkOn(fill, theme),
    anchor: "middle",
  });
}

/** @type {(pen: Pen, box: Box, theme: Theme) => void} */
function paintBlocked(pen, { x, y, w, h }, theme) {
  pen.rect(x + 1, y + 1, w - 2, h - 2, { fill: theme.paper });
  pen.hatch(x + 1, y + 1, w - 2, h - 2);
}

/** @type {(pen: Pen, panel: Panel, theme: Theme) => void} */
function paintNames(pen, panel, theme) {
  const { stage, cells } = panel;
  const style = { size: 14, fill: theme.quiet };
  const above = MARK[stage.columns];
  for (let column = 0; column < panel.columns && above; column++) {
    const { x, y } = cellBox(panel, 0, column);
    pen.text(x + cells.width / 2, y - 10, `${above}${column + 1}`, { ...style, anchor: "middle" });
  }
  for (let row = 0; row < panel.rows; row++) {
    const { x, y } = cellBox(panel, row, 0);
    const name = `${MARK[stage.rows] ?? ""}${row + 1}`;
    pen.text(x - 8, y + cells.height / 2, name, { ...style, anchor: "end" });
  }
}

/** @type {(panel: Panel) => number} What the strongest colour stands for. */
function mostOf({ matrix }) {
  const numbers = matrix.flat().map(Number).filter(Number.isFinite);
  return Math.max(...numbers.map((x) => Math.abs(x)), 0);
}

/** @type {(stage: Stage, value: Shown) => boolean} Whether it is hatched where one may not look. */
const masked = ({ id, rows, columns, shares }, value) =>
  id === "allowed" || (rows === "query" && columns === "key" && shares && value === 0);

/** @type {(pen: Pen, panel: Panel, theme: Theme, allowed: Shown[][], current: boolean) => void} */
function paintPanel(pen, panel, theme, allowed, current) {
  const { stage, matrix, x, y, wide, high } = panel;
  if (current) {
    const fill = mix(theme.paper, theme.accent, 0.07);
    const edge = { fill, stroke: theme.accent, width: 2, radius: 8 };
    pen.rect(x - 8, y - 4, wide + 16, high + 8, edge);
  }
  pen.text(x, y + 12, panel.title, { size: 16, weight: 600, fill: theme.ink });
  pen.text(x, y + 34, `${panel.rows} × ${panel.columns}`, { size: 14, fill: theme.quiet });
  paintNames(pen, panel, theme);
  const most = mostOf(panel);
  matrix.forEach((line, row) =>
    line.forEach((value, column) => {
      const box = cellBox(panel, row, column);
      if (masked(stage, value) && allowed[row][column] === false) paintBlocked(pen, box, theme);
      else paintNumber(pen, panel, box, value, theme, most);
    })
  );
}

/** @type {(pen: Pen, plan: Plan, theme: Theme, source: Source, width: number) => void} */
function outline(pen, plan, theme, [id, row, column, rows, columns], width) {
  const panel = plan.panels.find((one) => one.stage.id === id);
  if (!panel) return;
  const { x, y, w, h } = cellBox(panel, row, column);
  pen.rect(x, y, w * columns, h * rows, { stroke: theme.accent, width, radius: 3 });
}

/** @type {(pen: Pen, plan: Plan, theme: Theme, allowed: Shown[][], lit: Lit) => void} */
export function drawLab(pen, plan, theme, allowed, lit) {
  for (const panel of plan.panels) {
    paintPanel(pen, panel, theme, allowed, panel.stage.id === lit.stage);
  }
  for (const source of lit.sources) outline(pen, plan, theme, source, 2);
  if (lit.cell) outline(pen, plan, theme, [...lit.cell, 1, 1], 3);
}
