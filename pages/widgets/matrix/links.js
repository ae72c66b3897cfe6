// Gold links and found ones over the cells, as squares and dots (after Och & Ney 2003, figure 2).

/** @import { Links } from "../shared/pictures.d.ts" */
/** @import { Box, Pen, Theme } from "../shared/types.d.ts" */

/** @typedef {"sure" | "possible" | "found"} Kind */

/** @type {Kind[]} */
export const KINDS = ["sure", "possible", "found"];

/**
 * The colour of gold: a hue of neither scale; forms and halos tell marks apart without it.
 * @param {Theme} theme
 */
const gold = (theme) => theme.heads[3];

/**
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
const circle = (x, y, r) =>
  `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`;

/**
 * A ring just inside a box; a halo of the page's colour keeps it readable on every shade.
 * @param {Pen} pen
 * @param {Theme} theme
 * @param {Box} box
 * @param {number} width
 * @param {number[]} [dash]
 */
function ring(pen, theme, { x, y, w, h }, width, dash) {
  const inset = width / 2 + 0.5;
  /** @type {[number, number, number, number]} */
  const box = [x + inset, y + inset, w - 2 * inset, h - 2 * inset];
  pen.rect(...box, { stroke: theme.paper, width: width + 2.5, opacity: 0.9, radius: 2 });
  pen.rect(...box, { stroke: gold(theme), width, radius: 2, dash });
}

/**
 * @param {Pen} pen
 * @param {Theme} theme
 * @param {Box} box
 * @param {boolean} corner
 */
function dot(pen, theme, { x, y, w, h }, corner) {
  const r = Math.max(1.5, Math.min(4, Math.min(w, h) * (corner ? 0.075 : 0.14)));
  const [cx, cy] = corner ? [x + w - r - 6.5, y + r + 6.5] : [x + w / 2, y + h / 2];
  pen.path(circle(cx, cy, r + 1.5), { fill: theme.paper });
  pen.path(circle(cx, cy, r), { fill: theme.ink });
}

/**
 * One mark in a box; `corner` keeps dots off a cell's number.
 * @param {Pen} pen
 * @param {Theme} theme
 * @param {Kind} kind
 * @param {Box} box
 * @param {boolean} [corner]
 */
export function drawLink(pen, theme, kind, box, corner = false) {
  const side = Math.min(box.w, box.h);
  if (kind === "found") dot(pen, theme, box, corner);
  else if (kind === "sure") ring(pen, theme, box, Math.max(1.5, Math.min(3.5, side / 5)));
  else ring(pen, theme, box, side < 10 ? 1 : 1.8, side < 10 ? [2, 2] : [4, 3]);
}

/**
 * The gold links after one more click on a cell: none → sure → possible → none.
 * @param {Links} gold
 * @param {number[]} cell
 * @returns {Links}
 */
export function cycled({ sure, possible }, cell) {
  const here = (/** @type {number[]} */ [r, c]) => r === cell[0] && c === cell[1];
  const others = (/** @type {number[][]} */ links) => links.filter((link) => !here(link));
  const ordered = (/** @type {number[][]} */ links) =>
    links.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const [wasSure, wasPossible] = [sure.some(here), possible.some(here)];
  return {
    sure: ordered([...others(sure), ...(wasSure || wasPossible ? [] : [cell])]),
    possible: ordered([...others(possible), ...(wasSure ? [cell] : [])]),
  };
}
