// Words and ribbons of an alignment: where everything goes, and how it is drawn.
import { legible, measure, shortened, two } from "../shared/letters.js";

/** @import { Alignment } from "../shared/pictures.d.ts" */
/** @import { Box, Pen, TextStyle, Theme } from "../shared/types.d.ts" */
/** @import { Side } from "../shared/words.js" */

/** @typedef {{ side: Side, index: number }} Word */
/** @typedef {{ pins: number[], sources: number[], pointed: Word | null }} Marks */
/** @typedef {typeof LARGE} Form */
/** @typedef {{ s: number, t: number, weight: number, link: boolean, d: string }} Ribbon */

/**
 * @typedef {object} Plan
 * @property {boolean} upright two columns of words instead of two lines
 * @property {Form} form
 * @property {number} size
 * @property {Box[][]} boxes of the source words and of the target words
 * @property {number} width
 * @property {number} height
 */

const FAINTEST = 0.03;
const LEAST_BETWEEN = 34;
const LARGE = {
  sizes: [26, 22, 18],
  space: 6,
  least: 2,
  high: 2.1,
  padding: 20,
  gap: [120, 220],
  numbers: 24,
  number: 15,
  columnsUnder: 520,
  upright: [17, 16, 15],
  row: 36,
  beside: 44,
};
/** For several panels on one page. */
const COMPACT = {
  sizes: [19, 17, 15, 14],
  space: 2,
  least: 1.4,
  high: 1.95,
  padding: 12,
  gap: [76, 110],
  numbers: 19,
  number: 14,
  columnsUnder: 0,
  upright: [15],
  row: 30,
  beside: 42,
};
/** @type {Record<string, number>} */
export const SIDEWAYS = { ArrowLeft: -1, ArrowRight: 1 };
/** @type {Record<string, number>} */
export const UPRIGHT = { ArrowUp: -1, ArrowDown: 1 };

/**
 * Two lines of words where they fit, else two columns.
 * @param {Pick<Alignment, "source" | "target" | "compact">} data
 * @param {number} width
 * @param {Pick<Theme, "font">} theme
 * @returns {Plan}
 */
export function sentencePlan(data, width, theme) {
  const form = data.compact ? COMPACT : LARGE;
  const total = (/** @type {number[]} */ widths) =>
    widths.reduce((a, b) => a + b + form.space, -form.space);
  const sidesAt = (/** @type {number} */ size) =>
    [data.source, data.target].map((labels) =>
      labels.map((text) =>
        Math.max(form.least * size, measure(legible(text), size, theme, 600) + form.padding)
      )
    );
  const size = form.sizes.find((one) => Math.max(...sidesAt(one).map(total)) <= width);
  if (width < form.columnsUnder || !size) {
    const fits = (/** @type {number} */ one) =>
      sidesAt(one).reduce((sum, widths) => sum + Math.max(...widths), 0) <=
        columnsRoom(width, form);
    const best = form.upright.find(fits) ?? form.upright[form.upright.length - 1];
    return columnsPlan(data, width, form, best, sidesAt(best));
  }
  const sides = sidesAt(size);
  const high = Math.round(size * form.high);
  const gap = Math.max(form.gap[0], Math.min(form.gap[1], width * 0.19));
  const boxes = sides.map((widths, side) => {
    let x = Math.max(0, (width - total(widths)) / 2);
    const y = form.numbers + side * (high + gap);
    return widths.map((w) => {
      const box = { x, y, w, h: high };
      x += w + form.space;
      return box;
    });
  });
  const height = 2 * form.numbers + 2 * high + gap;
  return { upright: false, form, size, boxes, width, height };
}

/**
 * @param {number} width
 * @param {Form} form
 */
const columnsRoom = (width, form) => width - 2 * form.beside - LEAST_BETWEEN;

/**
 * @param {Pick<Alignment, "source" | "target">} data
 * @param {number} width
 * @param {Form} form
 * @param {number} size
 * @param {number[][]} sides
 * @returns {Plan}
 */
function columnsPlan(data, width, form, size, sides) {
  const high = form.row;
  const side = form.beside;
  const [left, right] = sharedOut(
    columnsRoom(width, form),
    Math.max(34, ...sides[0]),
    Math.max(34, ...sides[1]),
  );
  const between = Math.min(320, width - 2 * side - left - right);
  const start = Math.max(0, (width - 2 * side - left - right - between) / 2);
  const count = Math.max(data.source.length, data.target.length);
  const boxes = [data.source, data.target].map((labels, group) => {
    const top = ((count - labels.length) * (high + 2)) / 2;
    const x = group ? start + side + left + between : start + side;
    return labels.map((_, i) => ({ x, y: top + i * (high + 2), w: group ? right : left, h: high }));
  });
  return { upright: true, form, size, boxes, width, height: count * (high + 2) };
}

/**
 * Two widths as wished, or cut back to the room there is, the longer one first.
 * @param {number} room
 * @param {number} first
 * @param {number} second
 */
export function sharedOut(room, first, second) {
  if (first + second <= room) return [first, second];
  const half = room / 2;
  if (first <= half) return [first, room - first];
  return second <= half ? [room - second, second] : [half, half];
}

/**
 * px that a weight of 1 is wide at the target words, the same for all of them.
 * @param {Plan} plan
 */
function ribbonUnit(plan) {
  const room = plan.boxes[1].map((box) => (plan.upright ? box.h : box.w) - 8);
  return Math.min(44, ...room);
}

/**
 * Each weight's two ends side by side within a word; a crowded source word narrows its ends.
 * @param {Pick<Alignment, "source" | "target" | "weights" | "links">} data
 * @param {Plan} plan
 */
export function ribbons(data, plan) {
  const columns = data.source.length;
  const full = ribbonUnit(plan);
  const ends = [data.source, data.target].map((labels, side) =>
    labels.map((_, i) => {
      const box = plan.boxes[side][i];
      const others = side ? data.source : data.target;
      const weights = others.map((_, j) => data.weights[side ? i * columns + j : j * columns + i]);
      const sum = weights.reduce((a, b) => a + b, 0);
      const room = (plan.upright ? box.h : box.w) - 4;
      const unit = Math.min(full, room / Math.max(1e-9, sum));
      const middle = plan.upright ? box.y + box.h / 2 : box.x + box.w / 2;
      let place = middle - (unit * sum) / 2;
      return weights.map((weight) => [place, place += weight * unit]);
    })
  );
  const linked = new Set(data.links.map(([s, t]) => `${s}-${t}`));
  /** @type {Ribbon[]} */
  const made = [];
  data.target.forEach((_, t) =>
    data.source.forEach((_, s) => {
      const weight = data.weights[t * columns + s];
      const link = linked.has(`${s}-${t}`);
      if (weight < FAINTEST && !link) return;
      made.push({ s, t, weight, link, d: band(plan, s, t, ends[0][s][t], ends[1][t][s]) });
    })
  );
  return made.sort((a, b) => a.weight - b.weight);
}

/**
 * The outline of a ribbon from source word s (px a … b) to target word t (px c … d).
 * @param {Plan} plan
 * @param {number} s
 * @param {number} t
 * @param {number[]} from
 * @param {number[]} to
 */
function band(plan, s, t, [a, b], [c, d]) {
  const [from, to] = [plan.boxes[0][s], plan.boxes[1][t]];
  const [wideEnd, thin] = [Math.max(b, a + 1), Math.max(d, c + 1)];
  if (plan.upright) {
    const [x, z] = [from.x + from.w + 2, to.x - 2];
    const m = (x + z) / 2;
    return `M${x},${a}C${m},${a} ${m},${c} ${z},${c}L${z},${thin}` +
      `C${m},${thin} ${m},${wideEnd} ${x},${wideEnd}Z`;
  }
  const [y, z] = [from.y + from.h + 2, to.y - 2];
  const m = (y + z) / 2;
  return `M${a},${y}C${a},${m} ${c},${m} ${c},${z}L${thin},${z}` +
    `C${thin},${m} ${wideEnd},${m} ${wideEnd},${y}Z`;
}

/**
 * Which ribbons are lit: those of the word pointed at and of the pinned ones; null = all.
 * @param {Marks} marks
 * @returns {((ribbon: { s: number, t: number }) => boolean) | null}
 */
export function litRibbon({ pins, sources, pointed }) {
  if (pointed?.side === 0) return ({ s }) => s === pointed.index;
  const targets = pointed ? [...pins, pointed.index] : pins;
  return targets.length || sources.length
    ? ({ s, t }) => targets.includes(t) || sources.includes(s)
    : null;
}

/**
 * `pins` and `sources` are the words kept lit on either side, `pointed` the one pointed at.
 * @param {Pen} pen
 * @param {Alignment} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks} marks
 */
export function drawRibbons(pen, data, plan, theme, marks) {
  const { pins, sources, pointed } = marks;
  const lit = litRibbon(marks);
  const colour = theme.heads[0];
  for (const ribbon of ribbons(data, plan)) {
    const on = !lit || lit(ribbon);
    const kept = pins.includes(ribbon.t) || sources.includes(ribbon.s);
    const fill = kept && pointed?.side !== 0 ? theme.accent : colour;
    const strength = 0.14 + 0.62 * Math.min(1, ribbon.weight);
    pen.path(ribbon.d, {
      fill,
      opacity: on ? (lit ? Math.min(0.9, strength + 0.12) : strength) : 0.05,
    });
    if (ribbon.link) {
      pen.path(ribbon.d, { stroke: fill, width: 1.6, opacity: on ? 0.95 : 0.1 });
    }
  }
  drawNumbers(pen, data, plan, theme, marks);
}

/**
 * The words whose numbers are shown on the other side: pointed at, else pinned.
 * @param {Marks} marks
 */
export function asked({ pins, sources, pointed }) {
  if (pointed) return { side: pointed.side, words: [pointed.index] };
  return pins.length ? { side: 1, words: pins } : { side: 0, words: sources };
}

/**
 * How much each word on the other side was looked at, or looked.
 * @param {Pen} pen
 * @param {Alignment} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks} marks
 */
function drawNumbers(pen, data, plan, theme, marks) {
  const columns = data.source.length;
  const from = asked(marks);
  if (!from.words.length) return;
  const side = 1 - from.side;
  const value = (/** @type {number} */ i) =>
    side === 1
      ? from.words.reduce((sum, s) => sum + data.weights[i * columns + s], 0)
      : from.words.reduce((sum, t) => sum + data.weights[t * columns + i], 0) / from.words.length;
  const values = plan.boxes[side].map((_, i) => value(i));
  const most = Math.max(...values);
  values.forEach((weight, i) => {
    if (weight < 0.005) return;
    const box = plan.boxes[side][i];
    const style = {
      size: plan.form.number,
      fill: weight >= most * 0.3 ? theme.ink : theme.quiet,
      weight: weight === most ? 600 : 400,
    };
    if (plan.upright) {
      const x = side ? box.x + box.w + 6 : box.x - 6;
      pen.text(x, box.y + box.h / 2, two(weight), { ...style, anchor: side ? "start" : "end" });
    } else {
      const away = plan.form.numbers / 2;
      const y = side ? box.y + box.h + away : box.y - away;
      pen.text(box.x + box.w / 2, y, two(weight), { ...style, anchor: "middle" });
    }
  });
}

/**
 * Words for the file; on the screen they are buttons.
 * @param {Pen} pen
 * @param {Alignment} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks} marks
 */
export function drawSentences(pen, data, plan, theme, { pins, sources }) {
  [data.source, data.target].forEach((labels, side) =>
    labels.forEach((text, i) => {
      const box = plan.boxes[side][i];
      const pinned = (side ? pins : sources).includes(i);
      if (pinned) {
        pen.rect(box.x, box.y, box.w, box.h, { fill: theme.accent, opacity: 0.16, radius: 5 });
        pen.rect(box.x + 2, box.y + box.h - 3, box.w - 4, 3, { fill: theme.accent });
      }
      const title = legible(text);
      const weight = pinned ? 600 : 400;
      const word = shortened(title, box.w - 12, plan.size, theme, weight);
      const [x, anchor] = !plan.upright
        ? [box.x + box.w / 2, "middle"]
        : side
        ? [box.x + 8, "start"]
        : [box.x + box.w - 8, "end"];
      /** @type {TextStyle} */
      const style = {
        size: plan.size,
        fill: theme.ink,
        weight,
        anchor: /** @type {TextStyle["anchor"]} */ (anchor),
        title,
      };
      pen.text(x, box.y + box.h / 2, word, style);
    })
  );
}
