// Squared paper: draw with the mouse, a finger or the arrow keys; what is drawn is told when the
// pen is lifted.
import { element, plain } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { drawPaper, inkOf, LARGEST, stroke, written } from "./drawing.js";

/** @import { Canvas } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Spot } from "./drawing.js" */

/** ms after which a line drawn by keys, or between two strokes, is told. */
const PAUSE = 350;
const FILE = 480;
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

class CanvasWidget {
  /** @param {Stage<Canvas>} stage */
  constructor(stage) {
    this.stage = stage;
    this.paper = element("div", "paper", "", { tabindex: "0", role: "application" });
    this.base = element("canvas", "base");
    this.paper.append(this.base);
    stage.body.append(this.paper);
    this.tools = ["pen", "eraser", "clear"].map((kind) => this.tool(kind));
    stage.controls.append(...this.tools);
    this.erases = false;
    /** @type {Spot | null} where the line that is being drawn has come to */
    this.last = null;
    /** @type {Spot | null} where the arrow keys have led the pen */
    this.key = null;
    this.down = false;
    this.ink = new Float32Array(0);
    this.of = "";
    this.size = LARGEST;
    this.listen();
  }

  listen() {
    const { paper } = this;
    paper.onpointerdown = (event) => this.press(event);
    paper.onpointermove = (event) => this.last && this.draw(event);
    paper.onpointerup = paper.onpointercancel = () => this.lift();
    paper.onkeydown = (event) => this.typed(event);
    paper.onblur = () => this.leave();
  }

  /** @param {string} kind */
  tool(kind) {
    const made = element("button", "switch", "", { type: "button" });
    made.dataset.kind = kind;
    made.onclick = () => (kind === "clear" ? this.clear() : this.take(kind === "eraser"));
    return made;
  }

  /** @param {boolean} erases */
  take(erases) {
    this.erases = erases;
    this.read();
  }

  clear() {
    this.ink = new Float32Array(this.ink.length);
    this.tell(0);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Spot}
   */
  spot(event) {
    const box = this.base.getBoundingClientRect();
    const cell = box.width / this.stage.data.side;
    return { x: (event.clientX - box.left) / cell, y: (event.clientY - box.top) / cell };
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0) return;
    this.paper.setPointerCapture(event.pointerId);
    this.last = this.spot(event);
    this.draw(event);
  }

  /** Fast moves come several to one event: each is a piece of the line. @param {PointerEvent} event */
  draw(event) {
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.line(this.spot(one));
    this.stage.paint();
  }

  /** @param {Spot} to */
  line(to) {
    this.ink = stroke(this.stage.data, this.ink, this.last ?? to, to, this.erases);
    this.last = to;
  }

  lift() {
    if (!this.last) return;
    this.last = null;
    this.tell(PAUSE);
  }

  /** Python hears of it after so many ms without another stroke. @param {number} pause */
  tell(pause) {
    const { stage } = this;
    this.of = written(stage.data, this.ink);
    stage.choose("ink", this.of, pause);
    stage.paint();
  }

  /** @param {KeyboardEvent} event */
  typed(event) {
    const middle = this.stage.data.side / 2;
    const at = this.key ?? { x: middle, y: middle };
    if (event.key in STEPS) this.walk(at, STEPS[event.key]);
    else if (event.key === " " || event.key === "Enter") this.dip(at);
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
  }

  /**
   * @param {Spot} at
   * @param {[number, number]} step
   */
  walk(at, [across, down]) {
    const { side } = this.stage.data;
    const within = (/** @type {number} */ value) => Math.max(0.5, Math.min(side - 0.5, value));
    this.key = { x: within(at.x + across), y: within(at.y + down) };
    if (this.down) {
      this.ink = stroke(this.stage.data, this.ink, at, this.key, this.erases);
      this.tell(PAUSE);
    } else this.stage.paint();
  }

  /** Puts the pen down, or lifts it. @param {Spot} at */
  dip(at) {
    this.key = at;
    this.down = !this.down;
    if (this.down) {
      this.ink = stroke(this.stage.data, this.ink, at, at, this.erases);
      this.tell(PAUSE);
    } else this.stage.paint();
  }

  leave() {
    this.key = null;
    this.down = false;
    this.stage.paint();
  }

  read() {
    const { stage } = this;
    this.paper.setAttribute("aria-label", stage.word("label"));
    for (const tool of this.tools) {
      const kind = tool.dataset.kind ?? "";
      tool.textContent = stage.word(kind);
      if (kind !== "clear") {
        tool.setAttribute("aria-pressed", String(kind === "eraser" === this.erases));
      }
    }
    const wanted = stage.choice.ink ?? "";
    if (this.last || wanted === this.of) return;
    this.of = wanted;
    this.ink = inkOf(stage.data, wanted);
  }

  paint() {
    const { theme, width, data } = this.stage;
    this.size = Math.min(width, LARGEST);
    const pen = canvasPen(sized(this.base, this.size, this.size), theme);
    drawPaper(pen, data.side, this.ink, this.size, theme);
    this.hint(pen);
  }

  /** Where the keys have led the pen. @param {ReturnType<typeof canvasPen>} pen */
  hint(pen) {
    const { stage, key } = this;
    if (!key) return stage.say(plain(stage.word("hint")));
    const cell = this.size / stage.data.side;
    const [x, y] = [(key.x - 0.5) * cell, (key.y - 0.5) * cell];
    pen.rect(x, y, cell, cell, { stroke: stage.theme.accent, width: this.down ? 3 : 1.5 });
    const values = { row: Math.floor(key.y) + 1, column: Math.floor(key.x) + 1 };
    return stage.say(plain(stage.word(this.down ? "down" : "up", values)));
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const ink = this.ink;
    const draw = (/** @type {import("../shared/types.d.ts").Pen} */ pen) =>
      drawPaper(pen, data.side, ink, FILE, theme);
    return { width: FILE, height: FILE, draw };
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<Canvas>} */ stage) => new CanvasWidget(stage));
}
