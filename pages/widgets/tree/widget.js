// The beam as a tree: a canvas over the part that is seen, the whole of it to scroll through.
import { element, plain } from "../shared/element.js";
import { legible, measure, shortened } from "../shared/letters.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { beside, drawTree, pieceAt, signed, treePlan, wayTo } from "./drawing.js";

/** @import { Tree } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Plan } from "./drawing.js" */

const ROW = 30;
const FINGER = 36;

class TreeWidget {
  /** @param {Stage<Tree>} stage */
  constructor(stage) {
    this.stage = stage;
    this.scroller = element("div", "branches", "", { tabindex: "0", role: "application" });
    this.ground = element("div", "ground");
    this.canvas = element("canvas", "tree");
    this.ground.append(this.canvas);
    this.scroller.append(this.ground);
    stage.body.append(this.scroller);
    /** @type {Plan} */
    this.plan = treePlan(stage.data, stage.theme, ROW);
    this.pointed = -1;
    this.waiting = 0;
    this.shown = "";
    this.listen();
  }

  listen() {
    const { scroller } = this;
    scroller.onscroll = () => this.soon();
    scroller.onpointermove = (event) =>
      event.pointerType === "mouse" && this.point(this.spot(event));
    scroller.onpointerleave = () => this.point(-1);
    scroller.onclick = (event) => {
      const node = this.spot(event);
      if (node >= 0) this.stage.choose("node", node);
    };
    scroller.onkeydown = (event) => this.key(event);
  }

  /** @param {number | undefined} node */
  known(node) {
    return node !== undefined && Number.isInteger(node) && node >= 0 &&
      node < this.stage.data.texts.length;
  }

  chosen() {
    const { node } = this.stage.choice;
    return node !== undefined && this.known(node) ? node : -1;
  }

  /** @param {number} node */
  written(node) {
    const { data } = this.stage;
    const way = data.ways?.[node] ?? wayTo(data, node).map((at) => data.texts[at]).join(" ");
    return legible(way);
  }

  /**
   * The whole way, cut at its beginning where it is too long: its end is what was asked for.
   * @param {number} node
   */
  shortWay(node) {
    const { width, theme } = this.stage;
    const room = width - 8;
    const whole = this.written(node);
    if (measure(whole, 16, theme, 600) <= room) return whole;
    const backwards = [...whole].reverse().join("");
    return [...shortened(backwards, room, 16, theme, 600)].reverse().join("");
  }

  say() {
    const { stage } = this;
    const { data } = stage;
    const node = this.known(this.pointed) ? this.pointed : this.chosen();
    if (node < 0) return stage.say(plain(stage.word("hint")));
    const numbers = [
      ["probability", Math.exp(data.log_probabilities[node]).toPrecision(2)],
      ["total", signed(data.totals[node])],
      ...(Number.isNaN(data.scores[node]) ? [] : [["score", signed(data.scores[node])]]),
    ];
    const way = element("bdi", "way", this.shortWay(node));
    way.title = this.written(node);
    stage.say(
      way,
      ...numbers.flatMap(([name, value], place) => [
        plain(`${place ? "  ·  " : ""}${stage.word(name)} `),
        element("span", "value", value),
      ]),
    );
  }

  draw() {
    const { plan, scroller } = this;
    const { data, theme } = this.stage;
    const [left, top] = [scroller.scrollLeft, scroller.scrollTop];
    const width = Math.max(1, Math.min(scroller.clientWidth, Math.ceil(plan.width)));
    const height = Math.max(1, Math.min(scroller.clientHeight, Math.ceil(plan.height)));
    const pen = canvasPen(sized(this.canvas, width, height), theme);
    const view = { left, top, right: left + width, bottom: top + height };
    const marks = { node: this.chosen(), pointed: this.pointed };
    pen.at(-left, -top, () => drawTree(pen, data, plan, theme, marks, view));
  }

  soon() {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.draw());
  }

  /** @param {number} node */
  point(node) {
    if (node === this.pointed) return;
    this.pointed = node;
    this.scroller.style.cursor = node >= 0 ? "pointer" : "default";
    this.soon();
    this.say();
  }

  /** @param {MouseEvent} event */
  spot(event) {
    const box = this.ground.getBoundingClientRect();
    return pieceAt(this.plan, event.clientX - box.left, event.clientY - box.top);
  }

  /**
   * Where a key leads from a piece.
   * @param {string} key
   * @param {number} node
   */
  moved(key, node) {
    const { plan } = this;
    const { data } = this.stage;
    if (key === "ArrowLeft") return data.parents[node] >= 0 ? data.parents[node] : node;
    if (key === "ArrowRight") return plan.after[node][0] ?? node;
    if (key === "ArrowUp") return beside(plan, node, -1);
    if (key === "ArrowDown") return beside(plan, node, 1);
    if (key === "Home") return wayTo(data, node)[0];
    let last = node;
    while (plan.after[last].length) last = plan.after[last][0];
    return last;
  }

  /**
   * Scrolls the box itself, never the page, until a piece is in it.
   * @param {number} node
   */
  reveal(node) {
    const { plan, scroller } = this;
    const { x, y, w } = plan.nodes[node];
    const half = plan.rowHeight / 2;
    const right = x + w + 24 - scroller.clientWidth;
    const below = y + half - scroller.clientHeight;
    if (right > scroller.scrollLeft) scroller.scrollLeft = right;
    if (x - 40 < scroller.scrollLeft) scroller.scrollLeft = x - 40;
    if (below > scroller.scrollTop) scroller.scrollTop = below;
    if (y - half < scroller.scrollTop) scroller.scrollTop = y - half;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const moves = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
    if (moves.includes(event.key) && this.plan.first.length) {
      const at = this.chosen();
      const next = at < 0 ? this.plan.first[0] : this.moved(event.key, at);
      this.pointed = -1;
      this.stage.choose("node", next, 250);
      this.reveal(next);
    } else if (event.key === "Escape") {
      this.pointed = -1;
      this.stage.choose("node", -1);
    } else return;
    event.preventDefault();
  }

  read() {
    this.scroller.setAttribute("aria-label", this.stage.word("label"));
  }

  paint() {
    const { data, theme, width } = this.stage;
    this.plan = treePlan(data, theme, width < 560 ? FINGER : ROW);
    this.ground.style.width = `${Math.ceil(this.plan.width)}px`;
    this.ground.style.height = `${Math.ceil(this.plan.height)}px`;
    if (!this.known(this.pointed)) this.pointed = -1;
    if (this.shown !== String(data.parents)) {
      this.shown = String(data.parents);
      const middle = this.plan.start.y - this.scroller.clientHeight / 2;
      this.scroller.scrollTo({ left: 0, top: middle, behavior: "instant" });
    }
    this.draw();
    this.say();
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const wide = treePlan(data, theme, ROW);
    return {
      width: wide.width,
      height: wide.height,
      draw: (pen) => drawTree(pen, data, wide, theme, { node: this.chosen(), pointed: -1 }),
    };
  }

  close() {
    cancelAnimationFrame(this.waiting);
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<Tree>} */ stage) => new TreeWidget(stage));
}
