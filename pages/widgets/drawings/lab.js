// The lab's picture: numbered panels in the order of the computation, every number in its cell.
import { legible, measure, shortened } from "../shared/letters.js";
import { luminance, mix, shade } from "../shared/theme.js";

const GAP = 22;
const HEAD = 50;
const EDGE = 9;
const SHARES = new Set(["weights", "shares", "probabilities", "gaussian", "ramp", "heads_kept"]);

export const shown = (x) => {
  if (typeof x === "boolean") return "";
  if (!Number.isFinite(x)) return "–";
  const text = Math.abs(x) >= 100 ? x.toFixed(0) : Math.abs(x) >= 10 ? x.toFixed(1) : x.toFixed(2);
  return text.replace("-", "−");
};

/** Where every panel and cell stands; `narrow` makes the cells smaller. */
export function labPlan(stages, head, word, width, theme) {
  const narrow = width < 560;
  const [cellWidth, cellHeight, labels] = narrow ? [46, 32, 28] : [54, 36, 32];
  const panels = [];
  let [x, y, row] = [EDGE, EDGE, 0];
  stages.forEach((stage, place) => {
    const matrix = stage.heads[Math.min(head, stage.heads.length - 1)];
    const [rows, columns] = [matrix.length, matrix[0].length];
    const title = `${place + 1}  ${word(stage.id)}`;
    const wide = Math.max(labels + columns * cellWidth, measure(title, 16, theme, 600) + 8);
    const high = HEAD + 20 + rows * cellHeight;
    if (x > EDGE && x + wide > width) {
      x = EDGE;
      y += row + GAP;
      row = 0;
    }
    panels.push({
      stage,
      matrix,
      rows,
      columns,
      title,
      x,
      y,
      wide,
      high,
      labels,
      cellWidth,
      cellHeight,
    });
    x += wide + GAP;
    row = Math.max(row, high);
  });
  const right = Math.max(...panels.map((panel) => panel.x + panel.wide));
  return { panels, width: right, height: y + row + 6 };
}

export const cellBox = (panel, row, column) => ({
  x: panel.x + panel.labels + column * panel.cellWidth,
  y: panel.y + HEAD + 20 + row * panel.cellHeight,
  w: panel.cellWidth,
  h: panel.cellHeight,
});

/** The panel, row and column under a point; row or column -1 beside the cells. */
export function cellAt(plan, x, y) {
  const at = plan.panels.findIndex((panel) =>
    x >= panel.x && x < panel.x + panel.wide && y >= panel.y && y < panel.y + panel.high
  );
  if (at < 0) return null;
  const panel = plan.panels[at];
  const column = Math.floor((x - panel.x - panel.labels) / panel.cellWidth);
  const row = Math.floor((y - panel.y - HEAD - 20) / panel.cellHeight);
  const inside = row >= 0 && row < panel.rows && column >= 0 && column < panel.columns;
  return { panel: at, row: inside ? row : -1, column: inside ? column : -1 };
}

const TYPED = new Set(["query", "key", "value"]);
const written = (id, value) =>
  TYPED.has(id) && Math.abs(value) < 100
    ? String(Math.round(value * 1000) / 1000).replace("-", "−")
    : shown(value);
const mark = { query: "q", key: "k", value: "v", width: "", one: "" };

function paintCell(pen, panel, box, value, theme, most, may) {
  const inner = { x: box.x + 1, y: box.y + 1, w: box.w - 2, h: box.h - 2 };
  let fill = theme.wash;
  if (may === false) {
    pen.rect(inner.x, inner.y, inner.w, inner.h, { fill: theme.paper });
    pen.hatch(inner.x, inner.y, inner.w, inner.h);
    return;
  }
  if (typeof value === "boolean") {
    pen.rect(inner.x, inner.y, inner.w, inner.h, { fill, radius: 2 });
    pen.text(box.x + box.w / 2, box.y + box.h / 2, "✓", {
      size: 14,
      fill: theme.faint,
      anchor: "middle",
    });
    return;
  }
  const share = most > 0 ? Math.abs(value) / most : 0;
  if (SHARES.has(panel.stage.id)) fill = shade(theme, share);
  else if (value !== 0) {
    fill = mix(theme.wash, value > 0 ? theme.heads[0] : theme.heads[6], 0.1 + 0.38 * share);
  }
  pen.rect(inner.x, inner.y, inner.w, inner.h, { fill, radius: 2 });
  const light = luminance(fill);
  const ink = light < 0.2 ? "#ffffff" : light > 0.24 ? "#16181d" : theme.ink;
  const nothing = SHARES.has(panel.stage.id) && value === 0;
  pen.text(box.x + box.w / 2, box.y + box.h / 2, nothing ? "○" : written(panel.stage.id, value), {
    size: panel.cellWidth > 50 ? 16 : 14,
    fill: nothing ? theme.quiet : ink,
    anchor: "middle",
  });
}

function paintPanel(pen, panel, theme, allowed, lit) {
  const { stage, matrix } = panel;
  const current = lit.stage === stage.id;
  if (current) {
    pen.rect(panel.x - 8, panel.y - 4, panel.wide + 16, panel.high + 8, {
      fill: mix(theme.paper, theme.accent, 0.07),
      stroke: theme.accent,
      width: 2,
      radius: 8,
    });
  }
  pen.text(panel.x, panel.y + 12, panel.title, { size: 16, weight: 600, fill: theme.ink });
  const size = `${panel.rows} × ${panel.columns}`;
  pen.text(panel.x, panel.y + 34, size, { size: 14, fill: theme.quiet });
  const values = matrix.flat().filter((x) => Number.isFinite(x));
  const most = SHARES.has(stage.id) ? Math.max(...values, 0) : Math.max(...values.map(Math.abs), 0);
  const names = mark[stage.columns];
  for (let column = 0; column < panel.columns && names; column++) {
    const box = cellBox(panel, 0, column);
    pen.text(box.x + box.w / 2, box.y - 10, `${names}${column + 1}`, {
      size: 14,
      fill: theme.quiet,
      anchor: "middle",
    });
  }
  const paired = stage.rows === "query" && stage.columns === "key";
  matrix.forEach((line, row) => {
    const first = cellBox(panel, row, 0);
    pen.text(first.x - 8, first.y + first.h / 2, `${mark[stage.rows] ?? ""}${row + 1}`, {
      size: 14,
      fill: theme.quiet,
      anchor: "end",
    });
    line.forEach((value, column) => {
      const may =
        stage.id === "allowed" || (paired && SHARES.has(stage.id) && stage.id !== "gaussian")
          ? allowed[row][column]
          : undefined;
      paintCell(pen, panel, cellBox(panel, row, column), value, theme, most, may);
    });
  });
}

function outline(pen, plan, theme, [id, row, column, rows = 1, columns = 1], strong) {
  const panel = plan.panels.find((one) => one.stage.id === id);
  if (!panel) return;
  const { x, y, w, h } = cellBox(panel, row, column);
  const width = strong ? 3 : 2;
  pen.rect(x, y, w * columns, h * rows, { stroke: theme.accent, width, radius: 3 });
}

/** Everything; lit = {stage, cell: [id, row, column] or null, sources: boxes that it came from}. */
export function drawLab(pen, plan, theme, allowed, lit) {
  for (const panel of plan.panels) paintPanel(pen, panel, theme, allowed, lit);
  for (const source of lit.sources) outline(pen, plan, theme, source, false);
  if (lit.cell) outline(pen, plan, theme, lit.cell, true);
}

/** A name cut to its room, for narrow screens. */
export const fitted = (text, room, theme) => shortened(legible(text), room, 16, theme);
