// Ink on squared paper: what a line of the pen leaves in each cell, and how it is drawn.
import { mix } from "../shared/theme.js";

/** @import { Canvas } from "../shared/pictures.d.ts" */
/** @import { Pen, Theme } from "../shared/types.d.ts" */

/** @typedef {{ x: number, y: number }} Spot across and down, in cells from the upper left corner */

/** The most px that the paper takes along one side. */
export const LARGEST = 312;

/**
 * What was written, a hexadecimal digit a cell, as ink from 0 to 1; blank where it is no such text.
 * @param {Pick<Canvas, "side" | "levels">} data
 * @param {string | undefined} text
 */
export function inkOf({ side, levels }, text) {
  const ink = new Float32Array(side * side);
  if (text?.length !== ink.length || /[^0-9a-f]/.test(text)) return ink;
  for (let cell = 0; cell < ink.length; cell++) {
    ink[cell] = Math.min(1, parseInt(text[cell], 16) / levels);
  }
  return ink;
}

/**
 * @param {Pick<Canvas, "levels">} data
 * @param {Float32Array} ink
 */
export function written({ levels }, ink) {
  return Array.from(ink, (share) => Math.round(share * levels).toString(16)).join("");
}

/**
 * How far a spot is from the line between two others.
 * @param {Spot} spot
 * @param {Spot} from
 * @param {Spot} to
 */
export function distance({ x, y }, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const share = ((x - from.x) * dx + (y - from.y) * dy) / Math.max(dx * dx + dy * dy, 1e-12);
  const along = Math.max(0, Math.min(1, share));
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

/**
 * The ink after the pen, or the eraser, went from one spot to another; what was there is kept.
 * @param {Pick<Canvas, "side" | "reach">} data
 * @param {Float32Array} ink
 * @param {Spot} from
 * @param {Spot} to
 * @param {boolean} erases
 */
export function stroke({ side, reach }, ink, from, to, erases) {
  const made = ink.slice();
  if (![from.x, from.y, to.x, to.y].every(Number.isFinite)) return made;
  for (let cell = 0; cell < made.length; cell++) {
    const middle = { x: (cell % side) + 0.5, y: Math.floor(cell / side) + 0.5 };
    const pressed = Math.max(0, Math.min(1, reach + 0.5 - distance(middle, from, to)));
    made[cell] = erases ? Math.min(made[cell], 1 - pressed) : Math.max(made[cell], pressed);
  }
  return made;
}

/**
 * The paper with its ink, dark on light in the light and light on dark in the dark.
 * @param {Pen} pen
 * @param {number} side cells
 * @param {Float32Array} ink
 * @param {number} size px along one side
 * @param {Theme} theme
 */
export function drawPaper(pen, side, ink, size, theme) {
  const cell = size / side;
  pen.rect(0, 0, size, size, { fill: theme.wash });
  for (let at = 0; at < ink.length; at++) {
    if (ink[at] === 0) continue;
    const [x, y] = [(at % side) * cell, Math.floor(at / side) * cell];
    const fill = mix(theme.wash, theme.ink, ink[at]);
    pen.rect(x, y, cell + 0.5, cell + 0.5, { fill });
  }
  pen.rect(0.75, 0.75, size - 1.5, size - 1.5, { stroke: theme.faint, width: 1.5 });
}
