// A sentence above, its translation below, ribbons as wide as the weights between them.
import { element, plain, quoted } from "../shared/element.js";
import { two } from "../shared/letters.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { WordGroups } from "../shared/words.js";
import { drawRibbons, drawSentences, sentencePlan, SIDEWAYS, UPRIGHT } from "./drawing.js";

/** @import { Alignment } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Side } from "../shared/words.js" */
/** @import { Marks, Plan, Word } from "./drawing.js" */

const HOVER = "atlas-hover";
const SIDES = /** @type {const} */ (["source", "target"]);
const KEPT = /** @type {const} */ (["sources", "pins"]);

class AlignmentWidget {
  /** @param {Stage<Alignment>} stage */
  constructor(stage) {
    this.stage = stage;
    const host = element("div", "sentences");
    this.canvas = element("canvas", "ribbons");
    host.append(this.canvas);
    stage.body.append(host);
    /** @type {Plan} */
    this.plan = sentencePlan(stage.data, 960, stage.theme);
    /** @type {Word | null} */
    this.pointed = null;
    /** @type {number | null} the source word pointed at in another panel */
    this.echoed = null;
    /** @type {number | null} what the other panels were told last */
    this.told = null;
    this.waiting = 0;
    this.words = new WordGroups(host, {
      steps: () => (this.plan.upright ? UPRIGHT : SIDEWAYS),
      look: (side, index) => this.point(index === null ? null : { side, index }),
      pin: (side, index) => this.pin(side, index),
      clear: () => this.clear(),
    });
    this.canvas.onclick = () => this.point(null);
    this.heard = (/** @type {Event} */ event) => this.hear(/** @type {CustomEvent} */ (event));
    globalThis.addEventListener(HOVER, this.heard);
  }

  /** @param {Side} side */
  kept(side) {
    const count = this.stage.data[SIDES[side]].length;
    return (this.stage.choice[KEPT[side]] ?? []).filter((word) => word < count);
  }

  /**
   * What is pointed at here, else the source word pointed at in another panel of the group.
   * @returns {Word | null}
   */
  aimed() {
    const { echoed } = this;
    const known = echoed !== null && echoed < this.stage.data.source.length;
    return this.pointed ?? (known ? { side: 0, index: echoed } : null);
  }

  /** @returns {Marks} */
  marks() {
    return { pins: this.kept(1), sources: this.kept(0), pointed: this.aimed() };
  }

  soon() {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.light());
  }

  /** @param {Word | null} next */
  point(next) {
    this.pointed = next;
    this.tell(next?.side === 0 ? next.index : null);
    this.soon();
  }

  /**
   * @param {Side} side
   * @param {number} index
   */
  pin(side, index) {
    const before = this.kept(side);
    const next = before.includes(index)
      ? before.filter((word) => word !== index)
      : [...before, index];
    this.stage.choose(KEPT[side], next.sort((a, b) => a - b));
  }

  clear() {
    this.point(null);
    this.stage.choose("pins", []);
    if (this.kept(0).length) this.stage.choose("sources", []);
    this.light();
  }

  /**
   * Panels that share a group light the same source word, with no way round the server.
   * @param {number | null} source
   */
  tell(source) {
    const { group } = this.stage.data;
    if (!group || source === this.told) return;
    this.told = source;
    globalThis.dispatchEvent(new CustomEvent(HOVER, { detail: { group, source } }));
  }

  /** @param {CustomEvent} event */
  hear({ detail }) {
    const { group } = this.stage.data;
    if (!detail || detail.group !== group || !group) return;
    this.echoed = Number.isInteger(detail.source) && detail.source >= 0 ? detail.source : null;
    this.soon();
  }

  /** The one word that the read-out is about. */
  spoken() {
    const { pins, sources, pointed } = this.marks();
    if (pointed || pins.length + sources.length !== 1) return pointed;
    return pins.length ? { side: 1, index: pins[0] } : { side: 0, index: sources[0] };
  }

  say() {
    const { stage } = this;
    const { data } = stage;
    const one = this.spoken();
    const polite = this.pointed !== null || this.echoed === null;
    stage.readout.setAttribute("aria-live", polite ? "polite" : "off");
    if (!one) return stage.say(plain(data.compact ? "" : stage.word("hint")));
    const columns = data.source.length;
    const [mine, others] = one.side ? [data.target, data.source] : [data.source, data.target];
    const weight = (/** @type {number} */ other) =>
      data.weights[one.side ? one.index * columns + other : other * columns + one.index];
    const best = others.map((text, other) => ({ text, value: weight(other) }))
      .sort((a, b) => b.value - a.value)
      .slice(0, data.compact ? 1 : 3)
      .filter(({ value }) => value >= 0.005);
    stage.say(
      quoted(mine[one.index]),
      plain(one.side ? "  →  " : "  ←  "),
      ...best.flatMap(({ text, value }, i) => [
        ...(i ? [plain("  ·  ")] : []),
        quoted(text),
        plain(" "),
        element("span", "value", two(value)),
      ]),
    );
  }

  light() {
    const { plan, words } = this;
    const { data, theme } = this.stage;
    const marks = this.marks();
    const pen = canvasPen(sized(this.canvas, plan.width, plan.height), theme);
    drawRibbons(pen, data, plan, theme, marks);
    for (const side of /** @type {const} */ ([0, 1])) {
      const pinned = side ? marks.pins : marks.sources;
      words.groups[side].forEach((_, i) => {
        const strong = marks.pointed?.side === side && marks.pointed.index === i;
        words.mark(side, i, { strong, pinned: pinned.includes(i) });
      });
    }
    this.say();
  }

  read() {
    const { stage, words } = this;
    const { data } = stage;
    stage.root.classList.toggle("compact", data.compact);
    words.set(0, data.source, stage.word("source"));
    words.set(1, data.target, stage.word("target"));
    const { pointed } = this;
    if (pointed && pointed.index >= words.groups[pointed.side].length) this.pointed = null;
  }

  paint() {
    const { data, theme, width } = this.stage;
    const plan = this.plan = sentencePlan(data, width, theme);
    for (const side of /** @type {const} */ ([0, 1])) {
      const align = plan.upright ? (side ? "left" : "right") : "center";
      plan.boxes[side].forEach((box, i) => this.words.place(side, i, box, align, plan.size));
    }
    this.light();
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const wide = sentencePlan(data, data.compact ? 640 : 960, theme);
    const marks = { ...this.marks(), pointed: null };
    return {
      width: wide.width,
      height: wide.height,
      draw(pen) {
        drawRibbons(pen, data, wide, theme, marks);
        drawSentences(pen, data, wide, theme, marks);
      },
    };
  }

  close() {
    this.tell(null);
    cancelAnimationFrame(this.waiting);
    globalThis.removeEventListener(HOVER, this.heard);
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<Alignment>} */ stage) => new AlignmentWidget(stage));
}
