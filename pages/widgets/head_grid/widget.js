// All heads at a glance: one canvas of thumbnails, one more for what is pointed at.
import { colourBar } from "../shared/download.js";
import { element, plain } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { shade } from "../shared/theme.js";
import {
  drawGrid,
  GAP,
  gridPlan,
  headsOf,
  outline,
  PHONE,
  stepped,
  thumbnails,
  valueAt,
} from "./drawing.js";

/** @import { HeadGrid } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Place, Plan } from "./drawing.js" */

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class HeadGridWidget {
  /** @param {Stage<HeadGrid>} stage */
  constructor(stage) {
    this.stage = stage;
    this.scroller = element("div", "scroller", "", { tabindex: "0", role: "application" });
    this.base = element("canvas", "base");
    this.over = element("canvas", "over");
    this.scroller.append(this.base, this.over);
    stage.body.append(this.scroller);
    /** @type {Plan} */
    this.plan = gridPlan(stage.data, 640, stage.theme, false);
    /** @type {HTMLCanvasElement[][]} */
    this.pictures = [];
    /** @type {{ of: Uint8Array | null, mode: string }} what the pictures were made from */
    this.pictured = { of: null, mode: "" };
    /** @type {Place | null} */
    this.pointed = null;
    this.listen();
  }

  listen() {
    const { scroller } = this;
    scroller.onpointermove = (event) =>
      event.pointerType === "mouse" && this.point(this.spot(event));
    scroller.onpointerleave = () => this.point(null);
    scroller.onclick = (event) => {
      const at = this.spot(event);
      if (at) this.stage.choose("head", at);
    };
    scroller.onblur = () => this.point(null);
    scroller.onkeydown = (event) => this.key(event);
  }

  /** @returns {Place | null} */
  chosen() {
    const [site, head] = this.stage.choice.head ?? [-1, -1];
    const heads = headsOf(this.stage.data)[site] ?? 0;
    return site >= 0 && head >= 0 && head < heads ? [site, head] : null;
  }

  hint() {
    const { stage } = this;
    const shown = this.pointed ?? this.chosen();
    if (!shown) return stage.say(plain(stage.word("hint")));
    const [site, head] = shown;
    const named = stage.word("head", { site: stage.data.sites[site], head: head + 1 });
    const value = valueAt(stage.data, shown);
    stage.say(
      element("span", "value", named),
      ...(value === null ? [] : [plain(`   ${value.toFixed(2)}`)]),
    );
  }

  /** @param {Place | null} at */
  point(at) {
    if (String(at) === String(this.pointed)) return;
    this.pointed = at;
    this.mark();
  }

  mark() {
    const { plan, pointed, stage } = this;
    const ctx = sized(this.over, plan.width, plan.height);
    if (pointed) outline(canvasPen(ctx, stage.theme), plan, pointed, stage.theme.ink, 2);
    this.scroller.style.cursor = pointed ? "pointer" : "default";
    this.hint();
  }

  /** @param {MouseEvent} event */
  spot(event) {
    const box = this.base.getBoundingClientRect();
    return this.plan.find(event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = this.pointed ?? this.chosen() ?? [0, 0];
    if (event.key in STEPS) this.walk(stepped(headsOf(this.stage.data), at, STEPS[event.key]));
    else if (event.key === "Enter" || event.key === " ") this.stage.choose("head", at);
    else if (event.key === "Escape") this.point(null);
    else return;
    event.preventDefault();
  }

  /** @param {Place} at */
  walk(at) {
    const { plan, scroller } = this;
    this.point(at);
    const { y } = plan.place(...at);
    if (y < scroller.scrollTop) scroller.scrollTop = y - plan.top;
    const below = y + plan.side - scroller.clientHeight;
    if (below > scroller.scrollTop) scroller.scrollTop = below + GAP;
  }

  read() {
    this.scroller.setAttribute("aria-label", this.stage.word("label"));
  }

  paint() {
    const { data, theme, width } = this.stage;
    const high = gridPlan(data, width, theme, width < PHONE).height;
    this.scroller.classList.toggle("long", high > globalThis.innerHeight * 0.8);
    this.plan = gridPlan(data, this.scroller.clientWidth, theme, width < PHONE);
    if (this.pictured.of !== data.thumbnails || this.pictured.mode !== theme.mode) {
      this.pictures = thumbnails(data, theme);
      this.pictured = { of: data.thumbnails, mode: theme.mode };
    }
    const ctx = sized(this.base, this.plan.width, this.plan.height);
    drawGrid(canvasPen(ctx, theme), data, this.plan, theme, this.chosen(), this.pictures);
    if (this.pointed && this.pointed[1] >= (headsOf(data)[this.pointed[0]] ?? 0)) {
      this.pointed = null;
    }
    this.mark();
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const most = Math.max(...headsOf(data), 0);
    const wide = gridPlan(data, Math.max(640, most * 48), theme, false);
    return {
      width: wide.width,
      height: wide.height + 34,
      draw: (pen) => {
        drawGrid(pen, data, wide, theme, this.chosen(), this.pictures);
        const shadeOf = (/** @type {number} */ share) => shade(theme, share);
        colourBar(pen, wide.left, wide.height + 22, theme, shadeOf, this.stage.word("maximum"));
      },
    };
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<HeadGrid>} */ stage) => new HeadGridWidget(stage));
}
