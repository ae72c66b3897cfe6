// A picture under its patches: point to follow a look, click to keep it, drag for a region.
import { element, plain } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import {
  cellOf,
  cold,
  drawPicture,
  legend,
  mean,
  outline,
  overlay,
  picturePlan,
  placeOf,
  region,
  said,
} from "./drawing.js";

/** @import { PictureMap } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Cell, Look } from "./drawing.js" */

const LEGEND = 34;
const HIGH = 0.72; // of the window: the whole picture is seen at once
const FILE = 900;
/** @type {Record<string, Cell>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class PictureWidget {
  /** @param {Stage<PictureMap>} stage */
  constructor(stage) {
    this.stage = stage;
    this.scroller = element("div", "scroller", "", { tabindex: "0", role: "application" });
    this.base = element("canvas", "base");
    this.over = element("canvas", "over");
    this.scroller.append(this.base, this.over);
    stage.body.append(this.scroller);
    /** @type {HTMLButtonElement[]} */
    this.chips = [];
    this.slider = element("input", "opacity", "", { type: "range", min: "0", max: "100" });
    this.slider.value = "65";
    this.slider.oninput = () => this.stage.paint();
    this.photo = { of: "", canvas: /** @type {HTMLCanvasElement | null} */ (null) };
    /** @type {Cell | null} */
    this.pointed = null;
    /** @type {Cell | null} where a drag, or a marking by keys, began */
    this.anchor = null;
    this.dragged = false;
    this.plan = picturePlan(stage.data, 100, 100);
    /** @type {Look} what was drawn last */
    this.seen = { weights: new Float32Array(0), peak: 0, beside: [] };
    this.listen();
  }

  listen() {
    const { scroller } = this;
    scroller.onpointerdown = (event) => this.press(event);
    scroller.onpointermove = (event) => this.move(event);
    scroller.onpointerup = (event) => this.release(event);
    scroller.onpointercancel = () => this.drop();
    scroller.onpointerleave = () => this.anchor || this.point(null);
    scroller.onblur = () => this.point(null);
    scroller.onkeydown = (event) => this.key(event);
  }

  /** @returns {number[]} places */
  chosen() {
    const { data, choice } = this.stage;
    const places = data.specials.length + data.grid[0] * data.grid[1];
    return (choice.chosen ?? []).filter((place) => place >= 0 && place < places);
  }

  /** Whether patches are kept: then what is pointed at is read off, not followed. */
  kept() {
    return this.chosen().some((place) => place >= this.stage.data.specials.length);
  }

  /** What is to be shown; null while it is still to come. */
  look() {
    const { data, paint } = this.stage;
    if (!data.own) return mean(data, data.looks.map((_, look) => look), paint);
    if (this.pointed && !this.kept()) return mean(data, [placeOf(data, this.pointed)], paint);
    return mean(data, this.chosen(), paint);
  }

  /** @param {number} place */
  named(place) {
    const { stage } = this;
    const cell = cellOf(stage.data, place);
    if (!cell) return stage.data.specials[place];
    return stage.word("patch", { row: cell[0] + 1, column: cell[1] + 1 });
  }

  hint() {
    const { stage, pointed } = this;
    const { data } = stage;
    const look = this.look();
    if (!look) return;
    const weight = (/** @type {number} */ share) => said(data, share);
    const strongest = look.weights.indexOf(look.peak) + data.specials.length;
    const read = !data.own || this.kept();
    const shown = this.chosen();
    if (pointed && read && !data.colours && !cold(data)) {
      const place = placeOf(data, pointed);
      const share = look.weights[place - data.specials.length];
      stage.say(plain(stage.word("weight", { place: this.named(place), weight: weight(share) })));
    } else if (data.own && !data.colours && look.peak > 0) {
      const from = pointed ? [placeOf(data, pointed)] : shown;
      const place = from.length === 1
        ? this.named(from[0])
        : stage.word("region", { count: from.length });
      const values = { place, other: this.named(strongest), weight: weight(look.peak) };
      stage.say(element("span", "value", stage.word("look", values)));
    } else stage.say(plain(stage.word("hint")));
  }

  /** @param {Cell | null} cell */
  point(cell) {
    if (String(cell) === String(this.pointed)) return;
    this.pointed = cell;
    if (this.stage.data.own && !this.kept()) this.stage.paint();
    else this.mark();
  }

  /** @param {PointerEvent} event */
  spot(event) {
    const box = this.base.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  press(event) {
    const { x, y } = this.spot(event);
    this.dragged = false;
    this.anchor = this.stage.data.picks && event.button === 0 ? this.plan.find(x, y) : null;
    if (this.anchor && event.pointerType === "mouse") {
      this.scroller.setPointerCapture(event.pointerId);
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { x, y } = this.spot(event);
    const mouse = event.pointerType === "mouse";
    if (!this.anchor || !mouse) return mouse ? this.point(this.plan.find(x, y)) : undefined;
    const cell = this.plan.nearest(x, y);
    this.dragged ||= String(cell) !== String(this.anchor);
    this.pointed = cell;
    this.mark();
  }

  /** @param {PointerEvent} event */
  release(event) {
    const { anchor, dragged } = this;
    const { data } = this.stage;
    this.drop();
    if (!anchor) return;
    const { x, y } = this.spot(event);
    if (dragged) this.choose(region(data, anchor, this.plan.nearest(x, y)));
    else this.toggle(placeOf(data, anchor));
  }

  drop() {
    this.anchor = null;
    this.dragged = false;
  }

  /** A place that is chosen alone is let go. @param {number} place */
  toggle(place) {
    const alone = String(this.chosen()) === String([place]);
    this.choose(alone ? this.nothing() : [place]);
  }

  /** What is shown when nothing is kept: the first special place where there is one. */
  nothing() {
    return this.stage.data.specials.length ? [0] : [];
  }

  /** @param {number[]} places */
  choose(places) {
    this.stage.choose("chosen", places);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { data } = this.stage;
    const last = cellOf(data, this.chosen().at(-1) ?? -1);
    const at = this.pointed ?? last ?? [0, 0];
    if (event.key in STEPS) this.walk(at, STEPS[event.key], event.shiftKey);
    else if ((event.key === "Enter" || event.key === " ") && data.picks) {
      this.toggle(placeOf(data, at));
    } else if (event.key === "Escape") this.letGo();
    else return;
    event.preventDefault();
  }

  /**
   * @param {Cell} at
   * @param {Cell} step
   * @param {boolean} marking
   */
  walk(at, [down, right], marking) {
    const { data } = this.stage;
    const [rows, columns] = data.grid;
    const row = Math.max(0, Math.min(rows - 1, at[0] + down));
    const column = Math.max(0, Math.min(columns - 1, at[1] + right));
    if (marking && data.picks) {
      this.anchor ??= at;
      this.pointed = [row, column];
      this.choose(region(data, this.anchor, this.pointed));
      this.mark();
    } else {
      this.anchor = null;
      this.point([row, column]);
    }
  }

  letGo() {
    this.anchor = null;
    if (this.stage.data.picks) this.choose(this.nothing());
    this.point(null);
  }

  mark() {
    const { plan, pointed, anchor, dragged, stage } = this;
    const pen = canvasPen(sized(this.over, plan.width, plan.height), stage.theme);
    const cells = this.chosen().map((place) => cellOf(stage.data, place)).filter((one) =>
      one !== null
    );
    outline(pen, plan, cells, "#ffb347");
    const marked = anchor && dragged && pointed
      ? region(stage.data, anchor, pointed).map((place) => cellOf(stage.data, place))
      : [pointed];
    outline(pen, plan, marked.filter((cell) => cell !== null), "#ffffff");
    this.scroller.style.cursor = stage.data.picks && pointed ? "crosshair" : "default";
    this.hint();
  }

  read() {
    const { stage } = this;
    const { data } = stage;
    this.scroller.setAttribute("aria-label", stage.word("label"));
    this.slider.setAttribute("aria-label", stage.word("heat"));
    this.slider.title = stage.word("heat");
    while (this.chips.length > data.specials.length) this.chips.pop()?.remove();
    while (this.chips.length < data.specials.length) this.chips.push(this.chip(this.chips.length));
    const named = element("label", "heat", stage.word("heat"));
    named.append(this.slider);
    stage.controls.replaceChildren(...this.chips, ...(cold(data) ? [] : [named]));
    if (this.photo.of !== data.picture) this.fetch(data.picture);
  }

  /** @param {number} place */
  chip(place) {
    const made = element("button", "switch special", "", { type: "button" });
    made.onclick = () => this.stage.data.picks && this.choose([place]);
    return made;
  }

  /** @param {string} address */
  fetch(address) {
    this.photo = { of: address, canvas: null };
    const image = new Image();
    image.onload = () => {
      if (this.photo.of !== address) return;
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      this.photo.canvas = canvas;
      this.stage.paint();
    };
    image.src = address;
  }

  /** @param {Look} look */
  label(look) {
    const { data } = this.stage;
    const shown = this.chosen();
    this.chips.forEach((chip, place) => {
      const share = look.beside[place];
      const known = data.colours === null && look.peak > 0;
      chip.textContent = known
        ? `${data.specials[place]} ${said(data, share)}`
        : data.specials[place];
      chip.title = this.stage.word("special", { place: data.specials[place] });
      chip.setAttribute("aria-pressed", String(shown.includes(place)));
    });
  }

  paint() {
    const { data, theme, width } = this.stage;
    const high = Math.max(260, globalThis.innerHeight * HIGH);
    this.plan = picturePlan(data, width, high);
    const look = this.look();
    if (!look) {
      this.mark();
      return false;
    }
    this.seen = look;
    const layers = { photo: this.photo.canvas, heat: overlay(data, look, this.opacity()) };
    const room = this.room();
    const ctx = sized(this.base, Math.max(this.plan.width, 260), this.plan.height + room);
    const pen = canvasPen(ctx, theme);
    drawPicture(pen, data, this.plan, theme, layers);
    if (room) legend(pen, this.plan.height + 20, theme, this.highest(look));
    this.label(look);
    this.mark();
    return true;
  }

  /** The height of the legend, where there is one. */
  room() {
    return this.stage.data.colours || cold(this.stage.data) ? 0 : LEGEND;
  }

  opacity() {
    return Number(this.slider.value) / 100;
  }

  /** @param {Look} look */
  highest(look) {
    return this.stage.word("maximum", { weight: said(this.stage.data, look.peak) });
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const plan = picturePlan(data, FILE, FILE);
    const look = this.seen;
    const cells = this.chosen().map((place) => cellOf(data, place)).filter((one) => one !== null);
    return {
      width: Math.max(plan.width, 320),
      height: plan.height + this.room(),
      draw: (pen) => {
        const layers = { photo: this.photo.canvas, heat: overlay(data, look, this.opacity()) };
        drawPicture(pen, data, plan, theme, layers);
        outline(pen, plan, cells, "#ffb347");
        if (this.room()) legend(pen, plan.height + 20, theme, this.highest(look));
      },
    };
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<PictureMap>} */ stage) => new PictureWidget(stage));
}
