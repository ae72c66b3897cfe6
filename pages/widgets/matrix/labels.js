// The labels of a matrix: every one where there is room, and always those that must be read.
import { legible, shortened } from "../shared/letters.js";

/** @import { Matrix } from "../shared/pictures.d.ts" */
/** @import { Pen, Theme } from "../shared/types.d.ts" */
/** @import { Marks, Plan } from "./drawing.js" */

/** Degrees by which the columns' labels rise. */
export const TILT = 50;

/**
 * Every nth label, but never in the way of those that must be read (`named`).
 * @param {number} count
 * @param {number} every
 * @param {number[]} named
 */
export function labelled(count, every, named) {
  const kept = [];
  for (let index = 0; index < count; index += every) {
    if (every === 1 || named.every((one) => Math.abs(one - index) >= every)) kept.push(index);
  }
  return kept.filter((index) => !named.includes(index));
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks} marks
 */
export function drawLabels(pen, data, plan, theme, { cell, pins, pointed }) {
  const lit = pointed ?? cell;
  const colour = pointed ? theme.ink : theme.accent;
  const room = (/** @type {number} */ pin) =>
    !lit || plan.everyRow === 1 || Math.abs(pin - lit[0]) >= plan.everyRow;
  const pinned = pins.filter((pin) => pin !== lit?.[0] && room(pin));
  const rows = labelled(data.rows.length, plan.everyRow, lit ? [...pinned, lit[0]] : pinned);
  const columns = labelled(data.columns.length, plan.everyColumn, lit ? [lit[1]] : []);
  rows.forEach((r) => rowLabel(pen, data, plan, theme, r, theme.ink));
  columns.forEach((c) => columnLabel(pen, data, plan, theme, c, theme.ink));
  pinned.forEach((r) => rowLabel(pen, data, plan, theme, r, theme.accent, 600));
  if (!lit) return;
  rowLabel(pen, data, plan, theme, lit[0], pins.includes(lit[0]) ? theme.accent : colour, 600);
  columnLabel(pen, data, plan, theme, lit[1], colour, 600);
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {number} r
 * @param {string} fill
 * @param {number} [weight]
 */
function rowLabel(pen, data, plan, theme, r, fill, weight = 400) {
  const title = legible(data.rows[r]);
  const label = shortened(title, plan.left - 14, plan.size, theme, weight);
  const y = plan.top + (r + 0.5) * plan.y - plan.gap / 2;
  pen.text(plan.left - 9, y, label, { size: plan.size, anchor: "end", fill, weight, title });
}

/**
 * @param {Pen} pen
 * @param {Matrix} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {number} c
 * @param {string} fill
 * @param {number} [weight]
 */
function columnLabel(pen, data, plan, theme, c, fill, weight = 400) {
  const title = legible(data.columns[c]);
  const label = shortened(title, plan.long, plan.size, theme, weight);
  const x = plan.left + (c + 0.5) * plan.x;
  pen.text(x, plan.top - 9, label, { size: plan.size, rotate: -TILT, fill, weight, title });
}
