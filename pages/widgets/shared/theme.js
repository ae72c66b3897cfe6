// The colours and letters of the page around us, read afresh at every drawing.
import { ACCENT, HEADS, SCALE } from "./palette.js";

/** @import { Colour, Theme } from "./types.d.ts" */

/** @type {CanvasRenderingContext2D | null} made for the first colour that is no #rrggbb */
let probe = null;

/** What was asked before: a drawing has few colours and many cells. @type {Map<string, Colour>} */
const asked = new Map();
const MOST_ASKED = 4000;

/**
 * [red, green, blue] in 0…255 of any CSS colour.
 * @param {string} colour
 * @returns {Colour}
 */
export function channels(colour) {
  const found = asked.get(colour) ?? separated(colour);
  if (asked.size > MOST_ASKED) asked.clear();
  asked.set(colour, found);
  return found;
}

/** @type {(colour: string) => Colour} */
function separated(colour) {
  const plain = /^#[0-9a-f]{6}$/i.test(colour) ? colour : understood(colour);
  if (plain.startsWith("#")) {
    const pair = (/** @type {number} */ start) => parseInt(plain.slice(start, start + 2), 16);
    return [pair(1), pair(3), pair(5)];
  }
  const [r, g, b] = (plain.match(/[\d.]+/g) ?? ["0", "0", "0"]).map(Number);
  return [r, g, b];
}

/**
 * A colour as the browser writes it: #rrggbb or rgba(…).
 * @param {string} colour
 */
function understood(colour) {
  probe ??= /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d")
  );
  probe.fillStyle = "#000";
  probe.fillStyle = colour;
  return probe.fillStyle;
}

/** @param {number[]} rgb */
function hex(rgb) {
  return "#" +
    rgb.map((value) => Math.round(value).toString(16).padStart(2, "0"))
      .join("");
}

/**
 * The colour that lies `share` of the way from one colour to another.
 * @param {string} from
 * @param {string} to
 * @param {number} share
 */
export function mix(from, to, share) {
  const [a, b] = [channels(from), channels(to)];
  return hex(a.map((value, i) => value + (b[i] - value) * share));
}

/**
 * Brightness to the eye, 0 … 1 (WCAG relative luminance).
 * @param {string} colour
 */
export function luminance(colour) {
  const [r, g, b] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * 256 [red, green, blue] from weight 0 to weight 1.
 * @param {string[]} stops
 * @returns {Colour[]}
 */
export function ramp(stops) {
  const known = stops.map(channels);
  return Array.from({ length: 256 }, (_, level) => {
    const place = (level / 255) * (known.length - 1);
    const low = Math.min(Math.floor(place), known.length - 2);
    const between = (/** @type {number} */ i) =>
      known[low][i] + (known[low + 1][i] - known[low][i]) * (place - low);
    return [between(0), between(1), between(2)];
  });
}

const ramps = { light: ramp(SCALE.light), dark: ramp(SCALE.dark) };

/**
 * What the style around an element says.
 * @param {Element} host
 * @returns {Theme}
 */
export function readTheme(host) {
  const style = getComputedStyle(host);
  const read = (/** @type {string} */ name, /** @type {string} */ fallback) =>
    style.getPropertyValue(name).trim() || fallback;
  const paper = read("--st-background-color", "#ffffff");
  const ink = read("--st-text-color", "#20242c");
  const mode = luminance(paper) > 0.3 ? "light" : "dark";
  return {
    mode,
    paper,
    ink,
    font: read("--st-font", "sans-serif"),
    accent: ACCENT[mode],
    heads: HEADS[mode],
    ramp: ramps[mode],
    quiet: mix(ink, paper, 0.32),
    faint: mix(ink, paper, 0.62),
    hair: mix(ink, paper, 0.86),
    wash: mix(ink, paper, 0.94),
  };
}

/**
 * The palette's colour for a share of the largest weight, 0 … 1.
 * @param {Pick<Theme, "ramp">} theme
 * @param {number} share
 */
export function shade(theme, share) {
  const level = Math.round(255 * Math.min(1, Math.max(0, share)));
  return hex(theme.ramp[level]);
}
