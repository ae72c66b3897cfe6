// Several matrices over the same words, side by side: forbidden, allowed but zero, and weight.
import { legible, measure, shortened } from "../shared/letters.js";
import { luminance, mix, shade } from "../shared/theme.js";

const GAP = 30;
const HEAD = 52;
const SIZE = 14;
const LARGEST = 40;
const SLOPE = (50 * Math.PI) / 180;

/** Where every panel stands: as many beside each other as stay legible. */
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
    const panel = { ...one, place, x, y, left, top: HEAD + top, cell, room, offset };
    offset += one.rows.length * one.columns.length;
    panel.high = panel.top + one.rows.length * cell;
    tallest = Math.max(tallest, panel.high);
    return panel;
  });
  return { panels, width, height: y + tallest + 8, cell };
}

export const valueAt = (data, panel, row, column) =>
  data.weights[panel.offset + row * panel.columns.length + column];
export const mayAt = (data, panel, row, column) =>
  Boolean(data.allowed[panel.offset + row * panel.columns.length + column]);

/** The cell under a point, or null; a row alone has column -1. */
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

function cells(pen, data, panel, theme, most) {
  const { cell } = panel;
  const seam = cell >= 9 ? 1 : 0;
  panel.rows.forEach((_label, row) =>
    panel.columns.forEach((_name, column) => {
      const [x, y] = [panel.x + panel.left + column * cell, panel.y + panel.top + row * cell];
      const value = valueAt(data, panel, row, column);
      if (!mayAt(data, panel, row, column)) {
        pen.rect(x, y, cell - seam, cell - seam, { fill: theme.paper });
        pen.hatch(x, y, cell - seam, cell - seam);
        return;
      }
      const share = most ? Math.abs(value) / most : 0;
      const fill = value < 0
        ? mix(theme.wash, theme.heads[6], 0.1 + 0.5 * share)
        : shade(theme, share);
      pen.rect(x, y, cell - seam, cell - seam, { fill });
      if (value === 0 && cell >= 8) {
        const size = Math.min(18, cell * 0.8);
        pen.text(x + cell / 2, y + cell / 2, "○", { size, fill: theme.quiet, anchor: "middle" });
      } else if (cell >= 36) {
        const ink = luminance(fill) > 0.24 ? "#16181d" : "#ffffff";
        pen.text(
          x + cell / 2,
          y + cell / 2,
          value.toFixed(2).replace(/^(-?)0/, "$1").replace("-", "−"),
          {
            size: 13,
            fill: ink,
            anchor: "middle",
          },
        );
      }
    })
  );
}

function names(pen, panel, theme, lit) {
  const { cell } = panel;
  const every = Math.ceil((SIZE * 1.1) / cell);
  panel.rows.forEach((label, row) => {
    const strong = lit?.row === row;
    if (row % every && !strong) return;
    const text = shortened(legible(label), panel.left - 10, SIZE, theme, strong ? 600 : 400);
    pen.text(panel.x + panel.left - 8, panel.y + panel.top + (row + 0.5) * cell, text, {
      size: SIZE,
      weight: strong ? 600 : 400,
      fill: strong ? theme.ink : theme.quiet,
      anchor: "end",
    });
  });
  panel.columns.forEach((label, column) => {
    const strong = lit?.column === column;
    if (column % every && !strong) return;
    const text = shortened(legible(label), 96, SIZE, theme, strong ? 600 : 400);
    pen.text(panel.x + panel.left + (column + 0.35) * cell, panel.y + panel.top - 8, text, {
      size: SIZE,
      weight: strong ? 600 : 400,
      fill: strong ? theme.ink : theme.quiet,
      rotate: -50,
    });
  });
}

/** All panels; the colours run to the largest weight of all, or of each panel. */
export function drawMosaic(pen, data, plan, theme, lit, common) {
  const whole = data.weights.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (const panel of plan.panels) {
    const count = panel.rows.length * panel.columns.length;
    const own = data.weights.slice(panel.offset, panel.offset + count)
      .reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const room = Math.max(60, panel.room - 4);
    pen.text(panel.x, panel.y + 12, shortened(panel.title, room, 16, theme, 600), {
      size: 16,
      weight: 600,
      fill: theme.ink,
    });
    pen.text(panel.x, panel.y + 34, shortened(panel.note, room, 14, theme), {
      size: 14,
      fill: theme.quiet,
    });
    const mine = lit && (lit.panel === panel.place || panel.group === plan.panels[lit.panel]?.group)
      ? lit
      : null;
    names(pen, panel, theme, mine);
    cells(pen, data, panel, theme, common ? whole : own);
    if (!mine || mine.row >= panel.rows.length) continue;
    const [x, y] = [panel.x + panel.left, panel.y + panel.top + mine.row * panel.cell];
    const inside = mine.column >= 0 && mine.column < panel.columns.length;
    const wide = panel.columns.length * panel.cell;
    pen.rect(x, y, wide, panel.cell, { stroke: theme.accent, width: 1.5 });
    if (inside) {
      pen.rect(x + mine.column * panel.cell, y, panel.cell, panel.cell, {
        stroke: theme.accent,
        width: 3,
      });
    }
  }
}
