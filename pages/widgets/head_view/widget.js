// Queries left, keys right, a line for every look; each head in its own colour.
import { element, plain, quoted } from "../shared/element.js";
import { two } from "../shared/letters.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import { WordGroups } from "../shared/words.js";
import {
  allowed,
  average,
  drawKey,
  drawView,
  drawWords,
  lit,
  looks,
  means,
  shares,
  viewPlan,
} from "./drawing.js";

/** @import { HeadView } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */
/** @import { Side } from "../shared/words.js" */
/** @import { Focus, Head, Plan, Word } from "./drawing.js" */

class HeadViewWidget {
  /** @param {Stage<HeadView>} stage */
  constructor(stage) {
    this.stage = stage;
    this.scroller = element("div", "columns");
    this.canvas = element("canvas", "lines");
    this.scroller.append(this.canvas);
    stage.body.append(this.scroller);
    const { data, theme } = stage;
    /** @type {Plan} */
    this.plan = viewPlan(data, 960, theme, { narrow: false, shown: data.heads.length });
    /** @type {Word | null} */
    this.pointed = null;
    this.waiting = 0;
    /** What stands there is older than the data: something of the new picture is still to come. */
    this.stale = true;
    /** @type {HTMLButtonElement[]} */
    this.chips = [];
    this.words = new WordGroups(this.scroller, {
      look: (side, index) => this.look(side, index),
      pin: (side, index) => this.pin(side, index),
      clear: () => this.clear(),
    });
    this.canvas.onclick = () => {
      this.pointed = null;
      this.light();
    };
  }

  active() {
    return this.stage.choice.active ?? this.stage.data.heads;
  }

  /** The heads to draw, as far as they are here; the others are asked for. */
  shown() {
    const { data: { heads, weights }, paint } = this.stage;
    const active = this.active();
    const again = () => this.stale ? paint() : this.light();
    return heads.flatMap((number, place) => {
      const share = active.includes(number) ? shares(weights, place, paint) : null;
      /** @type {Head["row"]} */
      const row = (query) => weights.row(place, query, again);
      /** @type {Head["column"]} */
      const column = (key) => weights.column(place, key, again);
      return share ? [{ number, share, row, column }] : [];
    });
  }

  /** Whether they are all here, and the numbers of what is pinned. */
  ready() {
    const active = this.active();
    const wanted = this.stage.data.heads.filter((number) => active.includes(number));
    const shown = this.shown();
    const pins = this.pins().map((index) => looks(shown, { side: 0, index }));
    return shown.length === wanted.length && !pins.includes(null);
  }

  pins() {
    return (this.stage.choice.pins ?? []).filter((pin) => pin < this.stage.data.rows.length);
  }

  /**
   * @param {Side} side
   * @param {number | null} index
   */
  look(side, index) {
    this.pointed = index === null ? null : { side, index };
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.light());
  }

  /**
   * @param {Side} side
   * @param {number} index
   */
  pin(side, index) {
    if (side === 1) return;
    const kept = this.pins();
    const next = kept.includes(index) ? kept.filter((pin) => pin !== index) : [...kept, index];
    this.stage.choose("pins", next.sort((a, b) => a - b));
  }

  clear() {
    this.pointed = null;
    this.stage.choose("pins", []);
    this.light();
  }

  /** @param {Focus} focus */
  say(focus) {
    const { stage, pointed } = this;
    const { data } = stage;
    const shown = this.shown();
    const alone = focus.queries?.length === 1 ? { side: 0, index: focus.queries[0] } : null;
    const one = /** @type {Word | null} */ (pointed ?? alone);
    if (!one || !shown.length) return stage.say(plain(stage.word("hint")));
    const [mine, others] = one.side ? [data.columns, data.rows] : [data.rows, data.columns];
    const found = means(shown, [one]);
    const best = !found
      ? []
      : others.map((text, other) => ({ text, weight: average(found(other)) }))
        .sort((a, b) => b.weight - a.weight)
        .slice(0, 3)
        .filter(({ weight }) => weight >= 0.005);
    stage.say(
      quoted(mine[one.index]),
      plain(one.side ? "  ←  " : "  →  "),
      ...best.flatMap(({ text, weight }, i) => [
        ...(i ? [plain("  ·  ")] : []),
        quoted(text),
        plain(" "),
        element("span", "value", two(weight)),
      ]),
    );
  }

  heading() {
    return [this.stage.word("queries"), this.stage.word("keys")];
  }

  light() {
    if (this.stale) return;
    const { plan, pointed } = this;
    const { data, theme } = this.stage;
    const focus = lit(this.pins(), pointed);
    const ctx = sized(this.canvas, plan.width, plan.height);
    const { drawn, all } = drawView(canvasPen(ctx, theme), data, plan, theme, {
      shown: this.shown(),
      focus,
      pointed,
      heading: this.heading(),
    });
    const left = drawn < all ? [this.stage.word("strongest", { drawn, all })] : [];
    this.stage.note.textContent = [this.stage.word("note"), ...left].join(" ");
    this.markWords(focus);
    this.say(focus);
  }

  /** @param {Focus} focus */
  markWords(focus) {
    const { pointed, words } = this;
    const { data } = this.stage;
    const pins = this.pins();
    data.rows.forEach((_, query) =>
      words.mark(0, query, {
        pinned: pins.includes(query),
        strong: pointed?.side === 0 && pointed.index === query,
        dim: pointed?.side === 1 && !allowed(data, query, pointed.index),
        special: data.special_rows.includes(query),
      })
    );
    const dark = (/** @type {number} */ key) =>
      focus.queries !== null && !focus.queries.some((query) => allowed(data, query, key));
    data.columns.forEach((_, key) =>
      words.mark(1, key, {
        strong: pointed?.side === 1 && pointed.index === key,
        dim: dark(key),
        special: data.special_columns.includes(key),
      })
    );
  }

  /** @param {number} number */
  only(number) {
    this.stage.choose("active", [number], 250);
  }

  /** @param {number} number */
  toggle(number) {
    const now = this.active();
    const next = now.includes(number) ? now.filter((one) => one !== number) : [...now, number];
    this.stage.choose("active", next.sort((a, b) => a - b), 250);
  }

  /** @param {number} number */
  makeChip(number) {
    const chip = element("button", "chip", "", { type: "button" });
    chip.append(element("span", "dot"), element("span", "number", String(number + 1)));
    chip.onclick = (event) => event.shiftKey ? this.only(number) : this.toggle(number);
    chip.ondblclick = () => this.only(number);
    chip.onkeydown = (event) => {
      const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      if (step) this.chips[this.chips.indexOf(chip) + step]?.focus();
      else if (event.key === "Enter" && event.shiftKey) this.only(number);
      else return;
      event.preventDefault();
    };
    return chip;
  }

  read() {
    const { stage } = this;
    const { data } = stage;
    const known = this.chips.map((chip) => chip.textContent);
    if (String(known) !== String(data.heads.map((number) => number + 1))) {
      this.chips = data.heads.map((number) => this.makeChip(number));
      stage.controls.replaceChildren(...this.chips);
    }
    const { pointed } = this;
    const sides = [data.rows, data.columns];
    if (pointed && pointed.index >= sides[pointed.side].length) this.pointed = null;
  }

  paint() {
    this.paintChips();
    this.stale = !this.ready();
    if (this.stale) return false;
    const { scroller, words, stage } = this;
    const { data, theme, width } = stage;
    words.set(0, data.rows, stage.word("queries"));
    words.set(1, data.columns, stage.word("keys"));
    const narrow = width < 560;
    scroller.classList.toggle("long", Math.max(data.rows.length, data.columns.length) > 40);
    this.plan = viewPlan(data, scroller.clientWidth, theme, { narrow, shown: data.heads.length });
    this.placeWords();
    this.light();
    return true;
  }

  paintChips() {
    const { data, theme } = this.stage;
    this.chips.forEach((chip, place) => {
      const number = data.heads[place];
      chip.title = this.stage.word("head", { head: number + 1 });
      chip.setAttribute("aria-pressed", String(this.active().includes(number)));
      chip.setAttribute("aria-label", chip.title);
      chip.style.setProperty("--head", theme.heads[number % theme.heads.length]);
    });
  }

  placeWords() {
    const { plan } = this;
    const { rows, columns } = this.stage.data;
    for (const side of /** @type {const} */ ([0, 1])) {
      (side ? columns : rows).forEach((_, i) => {
        const y = plan.y(i) - plan.rowHeight / 2 + 1;
        const box = { x: plan.x[side], y, w: plan.words[side], h: plan.rowHeight - 2 };
        this.words.place(side, i, box, side ? "left" : "right", plan.size);
      });
    }
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const shown = this.shown();
    const wide = viewPlan(data, 960, theme, { narrow: false, shown: shown.length });
    const focus = lit(this.pins(), null);
    return {
      width: 960,
      height: wide.height + 40,
      draw: (pen) => {
        const heading = this.heading();
        drawView(pen, data, wide, theme, { shown, focus, pointed: null, heading });
        drawWords(pen, data, wide, theme, this.pins());
        drawKey(pen, wide.height + 24, theme, shown);
      },
    };
  }

  close() {
    cancelAnimationFrame(this.waiting);
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<HeadView>} */ stage) => new HeadViewWidget(stage));
}
