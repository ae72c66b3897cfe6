// Matrices of several mechanisms over the same words; what is pointed at is lit in all of them.
import { element, plain, quoted } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { drawMosaic, mayAt, mosaicAt, mosaicPlan, valueAt } from "./drawing.js";

/** @import { Mosaic } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Place, Plan } from "./drawing.js" */

/** @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const KINDS = /** @type {const} */ (["common", "own"]);

class MosaicWidget {
  /** @param {Stage<Mosaic>} stage */
  constructor(stage) {
    this.stage = stage;
    this.ground = element("div", "ground", "", { tabindex: "0", role: "application" });
    this.canvas = element("canvas", "mosaic");
    this.ground.append(this.canvas);
    stage.body.append(this.ground);
    this.buttons = KINDS.map((kind) => {
      const button = element("button", "switch", "", { type: "button" });
      button.onclick = () => stage.choose("scale", kind);
      return button;
    });
    stage.controls.append(...this.buttons);
    /** @type {Plan} */
    this.plan = mosaicPlan(stage.data, 1180, stage.theme);
    /** @type {Place | null} */
    this.pointed = null;
    /** @type {Place | null} */
    this.cursor = null;
    this.listen();
  }

  listen() {
    const { ground } = this;
    ground.onpointermove = (event) => {
      if (event.pointerType !== "mouse") return;
      const found = this.spot(event);
      if (JSON.stringify(found) === JSON.stringify(this.pointed)) return;
      this.pointed = found;
      this.refresh();
    };
    ground.onpointerleave = () => {
      this.pointed = null;
      this.refresh();
    };
    ground.onclick = (event) => {
      this.cursor = this.spot(event);
      this.refresh();
    };
    ground.onkeydown = (event) => this.key(event);
  }

  common() {
    return (this.stage.choice.scale ?? "common") === "common";
  }

  lit() {
    return this.pointed ?? this.cursor;
  }

  say() {
    const { stage, plan } = this;
    const at = this.lit();
    const panel = at && plan.panels[at.panel];
    if (!at || !panel || at.row >= panel.rows.length) return stage.say(plain(stage.word("hint")));
    const parts = [quoted(panel.rows[at.row])];
    if (at.column < 0) return stage.say(...parts);
    parts.push(plain(" → "), quoted(panel.columns[at.column]), plain("   "));
    for (const one of plan.panels) {
      if (one.group !== panel.group) continue;
      const value = mayAt(stage.data, one, at.row, at.column)
        ? valueAt(stage.data, one, at.row, at.column).toFixed(3).replace("-", "−")
        : stage.word("blocked");
      parts.push(plain(`${one.title} `), element("span", "value", value), plain("   "));
    }
    stage.say(...parts);
  }

  refresh() {
    const { stage, plan } = this;
    const pen = canvasPen(sized(this.canvas, stage.width, plan.height), stage.theme);
    drawMosaic(pen, stage.data, plan, stage.theme, this.lit(), this.common());
    this.say();
  }

  /** @param {MouseEvent} event */
  spot(event) {
    const box = this.ground.getBoundingClientRect();
    return mosaicAt(this.plan, event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape") this.cursor = null;
    else if (event.key in MOVES) this.cursor = this.moved(MOVES[event.key]);
    else return;
    event.preventDefault();
    this.refresh();
  }

  /**
   * @param {[number, number]} step
   * @returns {Place}
   */
  moved(step) {
    const at = this.cursor ?? { panel: 0, row: 0, column: 0 };
    const { rows, columns } = this.plan.panels[at.panel];
    const [down, right] = this.cursor ? step : [0, 0];
    return {
      panel: at.panel,
      row: Math.min(rows.length - 1, Math.max(0, at.row + down)),
      column: Math.min(columns.length - 1, Math.max(0, at.column + right)),
    };
  }

  read() {
    this.ground.setAttribute("aria-label", this.stage.word("label"));
    KINDS.forEach((kind, place) => this.buttons[place].textContent = this.stage.word(kind));
  }

  paint() {
    const { stage } = this;
    this.plan = mosaicPlan(stage.data, stage.width, stage.theme);
    if (this.cursor && !this.plan.panels[this.cursor.panel]) this.cursor = null;
    this.pointed = null;
    KINDS.forEach((kind, place) =>
      this.buttons[place].setAttribute(
        "aria-pressed",
        String((kind === "common") === this.common()),
      )
    );
    this.refresh();
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const wide = mosaicPlan(data, 1180, theme);
    return {
      width: 1180,
      height: wide.height,
      draw: (pen) => drawMosaic(pen, data, wide, theme, this.cursor, this.common()),
    };
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<Mosaic>} */ stage) => new MosaicWidget(stage));
}
