// One attention matrix: a canvas of cells, a canvas of what is pointed at, an exact read-out.
import { element, plain, quoted } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { blocked, drawMarks, drawMatrix, matrixPlan, rowScale, shadeScale } from "./drawing.js";
import { blockedEntry, drawLegend, legendPlan, linkEntry, scaleEntry } from "./legend.js";
import { cycled, KINDS } from "./links.js";

/** @import { Matrix } from "../shared/pictures.d.ts" */
/** @import { Numbers } from "../shared/planes.js" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn, Pen } from "../shared/types.d.ts" */
/** @import { Cell, Marks, Plan, Scale } from "./drawing.js" */

/** @type {Record<string, Cell>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class MatrixWidget {
  /** @param {Stage<Matrix>} stage */
  constructor(stage) {
    this.stage = stage;
    this.plot = element("div", "plot", "", { tabindex: "0", role: "application" });
    this.base = element("canvas", "base");
    this.over = element("canvas", "over");
    this.legend = element("canvas", "legend");
    this.plot.append(this.base, this.over);
    stage.body.append(this.plot, this.legend);
    this.question = element("span", "question");
    this.switches = this.makeSwitches();
    stage.controls.setAttribute("role", "group");
    stage.controls.append(this.question, ...Object.values(this.switches));
    /** @type {Plan} */
    this.plan = matrixPlan(stage.data, 0, stage.theme, 16);
    /** @type {Scale} */
    this.scale = { most: 0, share: () => 0 };
    /** @type {Numbers | null} every weight, where the matrix is small or comes with its page */
    this.weights = null;
    /** @type {Cell | null} */
    this.pointed = null;
    /** @type {Cell | null} where the next Enter draws */
    this.cursor = null;
    this.again = () => this.mark();
    /** What stands there is older than the data: something of the new picture is still to come. */
    this.stale = true;
    this.listen();
  }

  makeSwitches() {
    const made = (/** @type {"matrix" | "row"} */ scale) => {
      const button = element("button", "switch", "", { type: "button" });
      button.onclick = () => this.stage.choose("scale", scale);
      return button;
    };
    return { matrix: made("matrix"), row: made("row") };
  }

  listen() {
    const { plot } = this;
    plot.onpointermove = (event) => event.pointerType === "mouse" && this.point(this.spot(event));
    plot.onpointerleave = () => this.point(null);
    plot.onclick = (event) => {
      const at = this.spot(event);
      if (!at) return;
      if (this.stage.data.drawing) this.drawn(at);
      else this.stage.choose("cell", at);
    };
    plot.onkeydown = (event) => this.key(event);
  }

  /** @param {number[]} cell */
  inside([r, c]) {
    const { rows, columns } = this.stage.data;
    return r >= 0 && c >= 0 && r < rows.length && c < columns.length;
  }

  /** The gold links at hand. */
  gold() {
    return this.stage.choice.gold ?? { sure: [], possible: [] };
  }

  links() {
    const all = { ...this.gold(), found: this.stage.data.found };
    const there = (
      /** @type {number[][]} */ links,
    ) => /** @type {Cell[]} */ (links.filter((link) => this.inside(link)));
    return { sure: there(all.sure), possible: there(all.possible), found: there(all.found) };
  }

  chosen() {
    const cell = this.stage.choice.cell ?? [];
    return cell.length === 2 && this.inside(cell) ? /** @type {Cell} */ (cell) : null;
  }

  /** @returns {Marks} */
  marks() {
    return {
      cell: (this.stage.data.drawing && this.cursor) || this.chosen(),
      pins: (this.stage.choice.pins ?? []).filter((pin) => this.inside([pin, 0])),
      links: this.links(),
      pointed: this.pointed,
    };
  }

  mark() {
    if (this.stale) return;
    const { stage, plan } = this;
    const marks = this.marks();
    const pen = canvasPen(sized(this.over, plan.width, plan.height), stage.theme);
    drawMarks(pen, stage.data, plan, stage.theme, marks);
    this.say(marks);
  }

  /** @param {Marks} marks */
  say(marks) {
    const { stage } = this;
    const { data } = stage;
    const shown = this.pointed ?? marks.cell;
    if (!shown) return stage.say(plain(stage.word(data.drawing ? "drawing_hint" : "hint")));
    const [r, c] = shown;
    const index = r * data.columns.length + c;
    const row = data.weights.row(0, r, this.again);
    const weight = row ? row[c].toFixed(4) : "…";
    const value = blocked(data, index) ? stage.word("blocked") : weight;
    const here = (/** @type {Cell} */ link) => link[0] === r && link[1] === c;
    const kinds = KINDS.filter((kind) => marks.links[kind].some(here));
    stage.say(
      quoted(data.rows[r]),
      plain(" → "),
      quoted(data.columns[c]),
      plain("  "),
      element("span", "value", value),
      ...kinds.map((kind) => plain(`  ·  ${stage.word(kind)}`)),
    );
  }

  /**
   * One click's worth of drawing in a cell.
   * @param {Cell} at
   */
  drawn(at) {
    this.cursor = at;
    this.stage.choose("gold", cycled(this.gold(), at));
  }

  /**
   * @param {MouseEvent} event
   * @returns {Cell | null}
   */
  spot(event) {
    const box = this.base.getBoundingClientRect();
    const r = Math.floor((event.clientY - box.top - this.plan.top) / this.plan.y);
    const c = Math.floor((event.clientX - box.left - this.plan.left) / this.plan.x);
    return this.inside([r, c]) ? [r, c] : null;
  }

  /** @param {Cell | null} at */
  point(at) {
    if (String(at) === String(this.pointed)) return;
    this.pointed = at;
    this.mark();
  }

  /**
   * The cell that an arrow key leads to, the first one from nowhere.
   * @param {Cell} step
   * @returns {Cell | null}
   */
  stepped([down, right]) {
    const { rows, columns } = this.stage.data;
    if (!rows.length || !columns.length) return null;
    const { cell } = this.marks();
    if (!cell) return [0, 0];
    const held = (/** @type {number} */ at, /** @type {number} */ count) =>
      Math.max(0, Math.min(count - 1, at));
    return [held(cell[0] + down, rows.length), held(cell[1] + right, columns.length)];
  }

  /** @param {Cell} at */
  walk(at) {
    this.pointed = null;
    if (!this.stage.data.drawing) return this.stage.choose("cell", at, 250);
    this.cursor = at;
    this.mark();
  }

  letGo() {
    this.pointed = this.cursor = null;
    if (!this.stage.data.drawing) this.stage.choose("cell", []);
    this.mark();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const next = event.key in STEPS ? this.stepped(STEPS[event.key]) : null;
    const { cell } = this.marks();
    if (next) this.walk(next);
    else if (event.key === "Escape") this.letGo();
    else if (this.stage.data.drawing && cell && (event.key === "Enter" || event.key === " ")) {
      this.drawn(cell);
    } else return;
    event.preventDefault();
  }

  /** What the foot explains: only what can be seen above it, and what can be drawn. */
  legendEntries() {
    const { data, theme, choice } = this.stage;
    const word = (/** @type {string} */ name) => this.stage.word(name);
    const most = choice.scale === "row" ? word("row_maximum") : this.scale.most.toFixed(2);
    const there = this.links();
    const used = KINDS.filter((kind) => there[kind].length || (data.drawing && kind !== "found"));
    return [
      scaleEntry(theme, most),
      ...(data.allowed?.includes(0) ? [blockedEntry(theme, word("blocked"))] : []),
      ...used.map((kind) => linkEntry(theme, kind, word(kind))),
    ];
  }

  paintLegend() {
    const { theme, width } = this.stage;
    const foot = legendPlan(this.legendEntries(), theme, this.plan.left, width);
    drawLegend(canvasPen(sized(this.legend, width, foot.height), theme), foot, 20);
  }

  read() {
    const { stage } = this;
    const { drawing } = stage.data;
    this.plot.setAttribute("aria-label", stage.word(drawing ? "drawing_label" : "label"));
    this.plot.classList.toggle("drawing", drawing);
    if (!drawing) this.cursor = null;
    this.question.textContent = stage.word("scale");
    stage.controls.setAttribute("aria-label", stage.word("scale"));
    this.switches.matrix.textContent = stage.word("whole");
    this.switches.row.textContent = stage.word("row");
  }

  /** Whether what is to be drawn is here; else it is asked for, and drawn when it has come. */
  ready() {
    const { data, choice, paint } = this.stage;
    if (data.weights.large) {
      const shades = data.weights.shades(0, choice.scale ?? "matrix", paint);
      if (shades) this.scale = shadeScale(shades);
      this.weights = null;
      return shades !== null;
    }
    this.weights = data.weights.whole(0, paint);
    if (this.weights) this.scale = rowScale(this.weights, data.columns.length, choice.scale);
    return this.weights !== null;
  }

  paint() {
    const { data, theme, width, choice } = this.stage;
    for (const [name, button] of Object.entries(this.switches)) {
      button.setAttribute("aria-pressed", String(name === (choice.scale ?? "matrix")));
    }
    this.stale = !this.ready();
    if (this.stale) return false;
    this.plan = matrixPlan(data, width, theme, width < 560 ? 14 : 16);
    const ctx = sized(this.base, this.plan.width, this.plan.height);
    drawMatrix(canvasPen(ctx, theme), data, this.plan, theme, this.scale, this.weights);
    this.paintLegend();
    if (this.pointed && !this.inside(this.pointed)) this.pointed = null;
    if (this.cursor && !this.inside(this.cursor)) this.cursor = null;
    this.mark();
    return true;
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const wide = matrixPlan(data, 0, theme, 16);
    const width = Math.max(wide.width, wide.left + 420);
    const foot = legendPlan(this.legendEntries(), theme, wide.left, width);
    return {
      width,
      height: wide.height + foot.height + 6,
      draw: (/** @type {Pen} */ pen) => {
        drawMatrix(pen, data, wide, theme, this.scale, this.weights);
        drawMarks(pen, data, wide, theme, { ...this.marks(), pointed: null });
        drawLegend(pen, foot, wide.height + 24);
      },
    };
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<Matrix>} */ stage) => new MatrixWidget(stage));
}
