// A page for the tests of drawings: letters of one width, a pen that remembers.

/** @import { Pen, Theme } from "./types.d.ts" */

/** px that every letter is wide here. */
export const LETTER = 8;

/** @type {Theme} */
export const THEME = {
  mode: "light",
  paper: "#ffffff",
  ink: "#000000",
  font: "sans-serif",
  accent: "#b8430f",
  heads: Array.from({ length: 12 }, (_, head) => `#0000${(16 + head).toString(16)}`),
  ramp: Array.from({ length: 256 }, (_, level) => [level, level, level]),
  quiet: "#555555",
  faint: "#999999",
  hair: "#dddddd",
  wash: "#eeeeee",
};

const measureText = (/** @type {string} */ text) => ({ width: LETTER * [...text].length });
const context = { font: "", measureText };
Object.assign(globalThis, { document: { createElement: () => ({ getContext: () => context }) } });

/** A pen that writes down what it is told: [kind, …arguments]. */
export class Recorder {
  constructor() {
    /** @type {[string, ...any[]][]} */
    this.calls = [];
  }

  /** @type {Pen["rect"]} */
  rect(...given) {
    this.calls.push(["rect", ...given]);
  }

  /** @type {Pen["path"]} */
  path(...given) {
    this.calls.push(["path", ...given]);
  }

  /** @type {Pen["hatch"]} */
  hatch(...given) {
    this.calls.push(["hatch", ...given]);
  }

  /** @type {Pen["image"]} */
  image(...given) {
    this.calls.push(["image", ...given]);
  }

  /** @type {Pen["text"]} */
  text(...given) {
    this.calls.push(["text", ...given]);
  }

  /** @type {Pen["at"]} */
  at(_x, _y, draw) {
    draw();
  }

  /**
   * Everything of one kind.
   * @param {string} kind
   */
  all(kind) {
    return this.calls.filter(([one]) => one === kind);
  }

  /** Every text that was written. */
  texts() {
    return this.all("text").map(([, , , text]) => text);
  }
}

/**
 * @param {unknown} found
 * @param {unknown} wanted
 */
export function equal(found, wanted) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`found ${one}, wanted ${other}`);
}

/**
 * @param {boolean} promise
 * @param {string} [broken]
 */
export function holds(promise, broken = "the promise is broken") {
  if (!promise) throw new Error(broken);
}
