// The foot of a matrix: what its colours and marks mean, in as many lines as it takes.
import { colourBar } from "../shared/download.js";
import { measure } from "../shared/letters.js";
import { shade } from "../shared/theme.js";
import { drawLink } from "./links.js";

/** @import { Pen, Theme } from "../shared/types.d.ts" */
/** @import { Kind } from "./links.js" */

/** @typedef {(pen: Pen, x: number, y: number) => void} Sign */
/** @typedef {{ name: string, wide: number, draw: Sign }} Entry */
/** @typedef {{ placed: (Entry & { x: number, y: number })[], height: number }} Foot */

const SMALL_SIZE = 14;
const LEGEND_LINE = 24;
const APART = 28;

/**
 * The colour scale from 0 to `most` (a word).
 * @param {Theme} theme
 * @param {string} most
 * @returns {Entry}
 */
export function scaleEntry(theme, most) {
  const bar = zeroRoom(theme) + 120 + 8;
  return {
    name: "",
    wide: bar + measure(most, SMALL_SIZE, theme),
    draw: (pen, x, y) => colourBar(pen, x, y, theme, (share) => shade(theme, share), most),
  };
}

/**
 * What hatched cells mean.
 * @param {Theme} theme
 * @param {string} name
 */
export function blockedEntry(theme, name) {
  return entry(theme, name, 26, (pen, x, y) => {
    pen.rect(x - 0.5, y - 6.5, 27, 13, { stroke: theme.faint });
    pen.hatch(x, y - 6, 26, 12);
  });
}

/**
 * What a square or a dot means.
 * @param {Theme} theme
 * @param {Kind} kind
 * @param {string} name
 */
export function linkEntry(theme, kind, name) {
  return entry(theme, name, 18, (pen, x, y) => {
    drawLink(pen, theme, kind, { x, y: y - 9, w: 18, h: 18 });
  });
}

/**
 * @param {Theme} theme
 * @param {string} name
 * @param {number} side
 * @param {Sign} sign
 * @returns {Entry}
 */
function entry(theme, name, side, sign) {
  return {
    name,
    wide: side + 8 + measure(name, SMALL_SIZE, theme),
    draw(pen, x, y) {
      sign(pen, x, y);
      pen.text(x + side + 8, y, name, { size: SMALL_SIZE, fill: theme.quiet });
    },
  };
}

/** @param {Pick<Theme, "font">} theme */
const zeroRoom = (theme) => measure("0", SMALL_SIZE, theme) + 8;

/**
 * Entries beside each other from `left` on, on a new line where one is too wide for `room`.
 * @param {Entry[]} entries
 * @param {Pick<Theme, "font">} theme
 * @param {number} left
 * @param {number} room
 * @returns {Foot}
 */
export function legendPlan(entries, theme, left, room) {
  const first = Math.max(0, left - zeroRoom(theme));
  const under = first + zeroRoom(theme);
  let [x, y] = [first, 0];
  const placed = entries.map((one, index) => {
    if (index && x + one.wide > room) [x, y] = [under, y + LEGEND_LINE];
    const place = { ...one, x, y };
    x += one.wide + APART;
    return place;
  });
  return { placed, height: 34 + y };
}

/**
 * @param {Pen} pen
 * @param {Foot} foot
 * @param {number} top
 */
export function drawLegend(pen, { placed }, top) {
  for (const { draw, x, y } of placed) draw(pen, x, top + y);
}
