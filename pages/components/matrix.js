// One attention matrix: a canvas of cells, a canvas of what is pointed at, an exact read-out.
import { blocked, drawMarks, drawMatrix, matrixPlan, rowScale } from "./drawings/matrix.js";
import { colourBar } from "./shared/download.js";
import { measure } from "./shared/letters.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, quoted, sized } from "./shared/stage.js";
import { shade } from "./shared/theme.js";

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

  const inside = ([r, c]) =>
    r >= 0 && c >= 0 && r < stage.data.rows.length && c < stage.data.columns.length;
  const marks = () => {
    const cell = stage.choice.cell ?? [];
    return {
      cell: cell.length === 2 && inside(cell) ? cell : null,
      pins: (stage.choice.pins ?? []).filter((pin) => inside([pin, 0])),
      pointed,
    };
  };

  function mark() {
    const ctx = sized(over, plan.width, plan.height);
    const now = marks();
    drawMarks(canvasPen(ctx, stage.theme), stage.data, plan, stage.theme, now);
    const shown = pointed ?? now.cell;
    if (!shown) return stage.say(plain(stage.word("hint")));
    const [r, c] = shown;
    const index = r * stage.data.columns.length + c;
    const value = blocked(stage.data, index)
      ? stage.word("blocked")
      : stage.data.weights[index].toFixed(4);
    stage.say(
      quoted(stage.data.rows[r]),
      plain(" → "),
      quoted(stage.data.columns[c]),
      plain("  "),
      element("span", "value", value),
    );
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
    if (at) stage.choose("cell", at);
  };
  plot.onkeydown = (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const last = [stage.data.rows.length - 1, stage.data.columns.length - 1];
    const cell = marks().cell;
    if (event.key in steps && last[0] >= 0 && last[1] >= 0) {
      const next = (cell ?? [0, 0]).map((place, axis) =>
        Math.max(0, Math.min(last[axis], place + (cell ? steps[event.key][axis] : 0)))
      );
      pointed = null;
      stage.choose("cell", next, 250);
    } else if (event.key === "Escape") {
      pointed = null;
      stage.choose("cell", []);
      mark();
    } else return;
    event.preventDefault();
  };

  const most = () =>
    stage.choice.scale === "row" ? stage.word("row_maximum") : scale.most.toFixed(2);
  const zero = () => measure("0", 14, stage.theme) + 8;

  /** Where the two parts of the legend go: beside each other, or below where that is too wide. */
  function legendPlan(at, room) {
    const x = Math.max(0, at.left - zero());
    if (!stage.data.allowed?.includes(0)) return { x, height: 34, hatch: null };
    const next = x + zero() + 120 + 8 + measure(most(), 14, stage.theme) + 28;
    const wide = 34 + measure(stage.word("blocked"), 14, stage.theme);
    return next + wide <= room
      ? { x, height: 34, hatch: { x: next, y: 0 } }
      : { x, height: 58, hatch: { x: x + zero(), y: 24 } };
  }

  function drawLegend(pen, { x, hatch }, y) {
    const { theme } = stage;
    colourBar(pen, x, y, theme, (share) => shade(theme, share), most());
    if (!hatch) return;
    pen.rect(hatch.x - 0.5, y + hatch.y - 6.5, 27, 13, { stroke: theme.faint });
    pen.hatch(hatch.x, y + hatch.y - 6, 26, 12);
    const style = { size: 14, fill: theme.quiet };
    pen.text(hatch.x + 34, y + hatch.y, stage.word("blocked"), style);
  }

  return {
    read() {
      plot.setAttribute("aria-label", stage.word("label"));
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
      const foot = legendPlan(plan, width);
      drawLegend(canvasPen(sized(legend, width, foot.height), theme), foot, 20);
      if (pointed && !inside(pointed)) pointed = null;
      mark();
    },
    picture() {
      const { data, theme } = stage;
      const wide = matrixPlan(data, 0, theme, 16);
      const width = Math.max(wide.width, wide.left + 420);
      const foot = legendPlan(wide, width);
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
