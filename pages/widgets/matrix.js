// One attention matrix: a canvas of cells, a canvas of what is pointed at, an exact read-out.
import { blocked, drawMarks, drawMatrix, matrixPlan, rowScale } from "./drawings/matrix.js";
import {
  blockedEntry,
  drawLegend,
  legendPlan,
  linkEntry,
  scaleEntry,
} from "./drawings/matrix_legend.js";
import { cycled } from "./drawings/matrix_links.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, quoted, sized } from "./shared/stage.js";

function createMatrix(stage) {
  const plot = element("div", "plot", "", { tabindex: "0", role: "application" });
  const base = element("canvas", "base");
  const over = element("canvas", "over");
  const legend = element("canvas", "legend");
  plot.append(base, over);
  stage.body.append(plot, legend);
  const question = element("span", "question");
  stage.controls.setAttribute("role", "group");
  const switches = ["matrix", "row"].map((scale) => {
    const button = element("button", "switch", "", { type: "button" });
    button.onclick = () => stage.choose("scale", scale);
    return [scale, button];
  });
  stage.controls.append(question, ...switches.map(([, button]) => button));
  let plan = null;
  let scale = null;
  let pointed = null;
  let cursor = null; // where the next Enter draws

  const inside = ([r, c]) =>
    r >= 0 && c >= 0 && r < stage.data.rows.length && c < stage.data.columns.length;
  const KINDS = ["sure", "possible", "found"];
  const links = () => {
    const gold = stage.choice.gold ?? { sure: [], possible: [] };
    const all = { ...gold, found: stage.data.found };
    return Object.fromEntries(KINDS.map((kind) => [kind, all[kind].filter(inside)]));
  };
  const chosen = () => {
    const cell = stage.choice.cell ?? [];
    return cell.length === 2 && inside(cell) ? cell : null;
  };
  const marks = () => ({
    cell: (stage.data.drawing && cursor) || chosen(),
    pins: (stage.choice.pins ?? []).filter((pin) => inside([pin, 0])),
    links: links(),
    pointed,
  });

  function mark() {
    const ctx = sized(over, plan.width, plan.height);
    const now = marks();
    drawMarks(canvasPen(ctx, stage.theme), stage.data, plan, stage.theme, now);
    const shown = pointed ?? now.cell;
    if (!shown) return stage.say(plain(stage.word(stage.data.drawing ? "drawing_hint" : "hint")));
    const [r, c] = shown;
    const index = r * stage.data.columns.length + c;
    const value = blocked(stage.data, index)
      ? stage.word("blocked")
      : stage.data.weights[index].toFixed(4);
    const kinds = KINDS.filter((kind) => now.links[kind].some((at) => String(at) === `${r},${c}`));
    stage.say(
      quoted(stage.data.rows[r]),
      plain(" → "),
      quoted(stage.data.columns[c]),
      plain("  "),
      element("span", "value", value),
      ...kinds.map((kind) => plain(`  ·  ${stage.word(kind)}`)),
    );
  }

  /** One click's worth of drawing in a cell. */
  function drawn(at) {
    cursor = at;
    stage.choose("gold", cycled(stage.choice.gold ?? { sure: [], possible: [] }, at));
  }

  const spot = (event) => {
    const box = base.getBoundingClientRect();
    const r = Math.floor((event.clientY - box.top - plan.top) / plan.y);
    const c = Math.floor((event.clientX - box.left - plan.left) / plan.x);
    return inside([r, c]) ? [r, c] : null;
  };
  const point = (at) => {
    if (String(at) === String(pointed)) return;
    pointed = at;
    mark();
  };
  plot.onpointermove = (event) => event.pointerType === "mouse" && point(spot(event));
  plot.onpointerleave = () => point(null);
  plot.onclick = (event) => {
    const at = spot(event);
    if (!at) return;
    if (stage.data.drawing) drawn(at);
    else stage.choose("cell", at);
  };

  /** The cell that an arrow key leads to, the first one from nowhere. */
  function stepped([down, right]) {
    const last = [stage.data.rows.length - 1, stage.data.columns.length - 1];
    if (last[0] < 0 || last[1] < 0) return null;
    const { cell } = marks();
    if (!cell) return [0, 0];
    return [down, right].map((step, axis) => Math.max(0, Math.min(last[axis], cell[axis] + step)));
  }

  function walk(at) {
    pointed = null;
    if (!stage.data.drawing) return stage.choose("cell", at, 250);
    cursor = at;
    mark();
  }

  function letGo() {
    pointed = cursor = null;
    if (!stage.data.drawing) stage.choose("cell", []);
    mark();
  }

  plot.onkeydown = (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const next = event.key in steps ? stepped(steps[event.key]) : null;
    const { cell } = marks();
    if (next) walk(next);
    else if (event.key === "Escape") letGo();
    else if (stage.data.drawing && cell && (event.key === "Enter" || event.key === " ")) {
      drawn(cell);
    } else return;
    event.preventDefault();
  };

  /** What the foot explains: only what can be seen above it, and what can be drawn. */
  function legendEntries() {
    const { data, theme, choice } = stage;
    const most = choice.scale === "row" ? stage.word("row_maximum") : scale.most.toFixed(2);
    const there = links();
    const used = KINDS.filter((kind) => there[kind].length || (data.drawing && kind !== "found"));
    return [
      scaleEntry(theme, most),
      ...(data.allowed?.includes(0) ? [blockedEntry(theme, stage.word("blocked"))] : []),
      ...used.map((kind) => linkEntry(theme, kind, stage.word(kind))),
    ];
  }

  function paintLegend() {
    const { theme, width } = stage;
    const foot = legendPlan(legendEntries(), theme, plan.left, width);
    drawLegend(canvasPen(sized(legend, width, foot.height), theme), foot, 20);
  }

  return {
    read() {
      plot.setAttribute("aria-label", stage.word(stage.data.drawing ? "drawing_label" : "label"));
      plot.classList.toggle("drawing", stage.data.drawing);
      if (!stage.data.drawing) cursor = null;
      question.textContent = stage.word("scale");
      stage.controls.setAttribute("aria-label", stage.word("scale"));
      switches.forEach(([name, button]) => {
        button.textContent = stage.word(name === "row" ? "row" : "whole");
      });
    },
    paint() {
      const { data, theme, width } = stage;
      for (const [name, button] of switches) {
        button.setAttribute("aria-pressed", String(name === (stage.choice.scale ?? "matrix")));
      }
      plan = matrixPlan(data, width, theme, width < 560 ? 14 : 16);
      scale = rowScale(data, stage.choice.scale);
      const ctx = sized(base, plan.width, plan.height);
      drawMatrix(canvasPen(ctx, theme), data, plan, theme, scale);
      paintLegend();
      if (pointed && !inside(pointed)) pointed = null;
      if (cursor && !inside(cursor)) cursor = null;
      mark();
    },
    picture() {
      const { data, theme } = stage;
      const wide = matrixPlan(data, 0, theme, 16);
      const width = Math.max(wide.width, wide.left + 420);
      const foot = legendPlan(legendEntries(), theme, wide.left, width);
      return {
        width,
        height: wide.height + foot.height + 6,
        draw(pen) {
          drawMatrix(pen, data, wide, theme, scale);
          drawMarks(pen, data, wide, theme, { ...marks(), pointed: null });
          drawLegend(pen, foot, wide.height + 24);
        },
      };
    },
  };
}

export default function (component) {
  return mount(component, createMatrix);
}
