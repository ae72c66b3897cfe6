// The frame every widget stands in: bar, read-out, body, note; data in, choices out.
import { download } from "./download.js";
import { context, element, plain, quoted } from "./element.js";
import { filled, two } from "./letters.js";
import { opened } from "./planes.js";
import { readTheme } from "./theme.js";

/** @import { AnyFramed, Component, Theme, Widget } from "./types.d.ts" */

export { element, plain, quoted, two };

const MAX_CANVAS = 12e6;
const NARROW = 560;

/**
 * What the reader has chosen in one widget. `told` is what the host has heard from us.
 * @typedef {object} Kept
 * @property {string} turn
 * @property {Record<string, unknown>} choice
 * @property {Record<string, unknown>} told
 */

/** @type {WeakMap<HTMLElement, Stage<AnyFramed>>} */
const stages = new WeakMap();
/** @type {Map<string, Kept>} */
const remembered = new Map();

/**
 * A context over a canvas of this size in CSS px, sharp on the screen at hand.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function sized(canvas, width, height) {
  const sharp = Math.min(
    globalThis.devicePixelRatio || 1,
    Math.sqrt(MAX_CANVAS / Math.max(1, width * height)),
  );
  const [w, h] = [Math.max(1, Math.round(width * sharp)), Math.max(1, Math.round(height * sharp))];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = context(canvas);
  ctx.setTransform(sharp, 0, 0, sharp, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** @template {AnyFramed} Data */
export class Stage {
  /**
   * @param {Component} component
   * @param {(stage: Stage<Data>) => Widget} create
   */
  constructor(component, create) {
    this.component = component;
    this.host = component.parentElement;
    this.controls = element("div", "controls");
    this.files = element("div", "files");
    this.readout = element("div", "readout", "", { role: "status", "aria-live": "polite" });
    this.body = element("div", "body");
    this.note = element("p", "note");
    this.root = element("div", "widget");
    this.root.append(this.controls, this.files, this.readout, this.body, this.note);
    this.host.append(this.root);
    this.data = /** @type {Data} */ (opened(component.data));
    this.theme = readTheme(this.root);
    this.width = 0;
    /** @type {Data["choices"]} */
    this.choice = { turn: "" };
    /** @type {Kept | null} */
    this.kept = null;
    /** @type {Record<string, ReturnType<typeof setTimeout>>} */
    this.timers = {};
    this.paint = this.paint.bind(this);
    this.widget = create(this);
    this.addFiles();
    this.watcher = this.watched();
    this.close = this.close.bind(this);
  }

  /**
   * What the widget says, in the reader's language.
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   */
  word(name, values = {}) {
    return filled(this.data.text[name] ?? name, values);
  }

  /** @param {(Node | string)[]} parts */
  say(...parts) {
    this.readout.replaceChildren(...parts);
  }

  /** @param {string} name */
  send(name) {
    const choice = /** @type {Record<string, unknown>} */ (this.choice);
    if (this.kept) this.kept.told[name] = choice[name];
    this.component.setStateValue(name, choice[name]);
  }

  /**
   * The reader chose: drawn at once, told after `delay` ms.
   * @param {keyof Data["choices"] & string} name
   * @param {unknown} value
   * @param {number} [delay]
   */
  choose(name, value, delay = 0) {
    const choice = /** @type {Record<string, unknown>} */ (this.choice);
    if (same(value, choice[name])) return;
    choice[name] = value;
    clearTimeout(this.timers[name]);
    if (delay) this.timers[name] = setTimeout(() => this.send(name), delay);
    else this.send(name);
    this.paint();
  }

  /**
   * What the reader has chosen is kept here, so that a slow server cannot undo a click. When Python
   * changes its mind, Streamlit must hear that from us too, or it would take the reader's next
   * click for no news.
   */
  adopt() {
    const { turn, ...wanted } = this.data.choices;
    const { id } = this.data;
    const kept = remembered.get(id) ?? { turn: "", choice: {}, told: {} };
    remembered.set(id, kept);
    this.kept = kept;
    this.choice = /** @type {Data["choices"]} */ (kept.choice);
    if (kept.turn === turn) return;
    kept.turn = turn;
    Object.assign(kept.choice, wanted);
    for (const name of Object.keys(kept.told)) {
      clearTimeout(this.timers[name]);
      if (!same(kept.told[name], kept.choice[name])) {
        this.timers[name] = setTimeout(() => this.send(name));
      }
    }
  }

  /** @param {Component} latest */
  update(latest) {
    this.component = latest;
    this.data = /** @type {Data} */ (opened(latest.data));
    this.theme = readTheme(this.root);
    this.root.dataset.mode = this.theme.mode;
    this.root.style.setProperty("--accent", this.theme.accent);
    this.adopt();
    this.note.textContent = this.data.text.note ?? "";
    for (const button of /** @type {Iterable<HTMLElement>} */ (this.files.children)) {
      button.title = this.word(button.dataset.kind ?? "");
      button.setAttribute("aria-label", button.title);
    }
    this.widget.read();
    this.root.classList.toggle("bare", !this.controls.hasChildNodes());
    this.paint();
  }

  /** What stands there while something is still to come is an older picture: no file of it. */
  paint() {
    if (this.width === 0) return;
    const waits = this.widget.paint() === false;
    this.files.inert = waits;
    this.root.classList.toggle("waiting", waits);
  }

  addFiles() {
    for (const kind of ["png", "svg"]) {
      const button = element("button", "file", kind.toUpperCase(), { type: "button" });
      button.dataset.kind = kind;
      button.onclick = () => download(kind, this.widget.picture(), this.data, this.theme);
      this.files.append(button);
    }
  }

  /** Draws anew for every width, and when the letters have come. */
  watched() {
    const measure = () => {
      this.width = Math.floor(this.body.clientWidth);
      this.root.classList.toggle("narrow", this.width < NARROW);
    };
    measure();
    const watcher = new ResizeObserver(() => {
      const width = Math.floor(this.body.clientWidth);
      if (width === this.width || width === 0) return;
      measure();
      this.paint();
    });
    watcher.observe(this.body);
    document.fonts?.ready.then(() => this.kept && this.paint());
    return watcher;
  }

  close() {
    this.watcher.disconnect();
    this.widget.close?.();
    Object.values(this.timers).forEach(clearTimeout);
    if (this.kept) this.kept.told = {};
    this.root.remove();
    stages.delete(this.host);
  }
}

/**
 * The whole life of a widget in one call, as often as the host likes to call it.
 * @template {AnyFramed} Data
 * @param {Component} component
 * @param {(stage: Stage<Data>) => Widget} create
 */
export function mount(component, create) {
  const parent = component.parentElement;
  const stage = /** @type {Stage<Data>} */ (stages.get(parent) ?? new Stage(component, create));
  stages.set(parent, /** @type {any} */ (stage));
  stage.update(component);
  return stage.close;
}
