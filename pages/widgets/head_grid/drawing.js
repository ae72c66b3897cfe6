// Thumbnails in rows and columns: where each goes, and how it is drawn.
import { context } from "../shared/element.js";
import { measure } from "../shared/letters.js";

/** @import { HeadGrid } from "../shared/pictures.d.ts" */
/** @import { Pen, Theme } from "../shared/types.d.ts" */

/** @typedef {[number, number]} Place site and head, counted from 0 */

/**
 * @typedef {object} Plan
 * @property {number} left
 * @property {number} top
 * @property {string[]} names of the columns; none where there is no room for them
 * @property {number} columns
 * @property {number} side of a thumbnail
 * @property {number} width
 * @property {number} height
 * @property {(site: number, head: number) => { x: number, y: number }} place
 * @property {(x: number, y: number) => Place | null} find
 */

export const GAP = 5;
export const PHONE = 440; // narrower than a column of a page in a window of 1280 pixels
const LABEL = 15;
const LARGEST = 84;
const SMALLEST = 10;
const EASY = 30; // what a mouse hits without care, and a finger with a little more
const EASY_ON_A_PHONE = 34;
const EVERY = [1, 2, 4, 5, 8, 10];

/**
 * How many heads each site has; they may differ.
 * @param {Pick<HeadGrid, "thumbnails_shapes">} data
 */
export const headsOf = (data) => data.thumbnails_shapes.map(([heads]) => heads);

/**
 * For each site the place of its first head in the row of all heads.
 * @param {number[]} heads
 */
export function starts(heads) {
  let before = 0;
  return heads.map((count) => (before += count) - count);
}

/**
 * The bar of one head, null where there are none.
 * @param {Pick<HeadGrid, "thumbnails_shapes" | "values">} data
 * @param {Place} place
 */
export const valueAt = (data, [site, head]) =>
  data.values && data.values[starts(headsOf(data))[site] + head];

/**
 * Where an arrow key leads: up and down from site to site, in a shorter one to its last head.
 * @param {number[]} heads
 * @param {Place} at
 * @param {[number, number]} step
 * @returns {Place}
 */
export function stepped(heads, [site, head], [down, right]) {
  const next = Math.max(0, Math.min(heads.length - 1, site + down));
  return [next, Math.max(0, Math.min(heads[next] - 1, head + right))];
}

/**
 * Heads beside each other, and in how many lines; the longest site decides. On a wide screen many
 * heads become small before they break into lines, so that every layer stays a row.
 * @param {number} most
 * @param {number} room
 * @param {boolean} narrow
 */
export function columnsOf(most, room, narrow) {
  const smallest = narrow ? EASY_ON_A_PHONE : EASY;
  if (!narrow && most * (SMALLEST + GAP) - GAP <= room) return most;
  const perLine = Math.max(1, Math.min(most, Math.floor((room + GAP) / (smallest + GAP))));
  return Math.max(1, Math.ceil(most / Math.ceil(most / perLine)));
}

/**
 * Where each thumbnail goes; long layers break into lines where the screen is narrow.
 * @param {Pick<HeadGrid, "sites" | "thumbnails_shapes" | "values">} data
 * @param {number} width
 * @param {Pick<Theme, "font">} theme
 * @param {boolean} narrow
 * @returns {Plan}
 */
export function gridPlan(data, width, theme, narrow) {
  const heads = headsOf(data);
  const most = Math.max(1, ...heads);
  const widest = Math.max(...data.sites.map((site) => measure(site, LABEL, theme, 600)));
  const left = Math.ceil(widest) + 14;
  const room = width - left - 4;
  const columns = columnsOf(most, room, narrow);
  const side = Math.min(LARGEST, Math.floor((room + GAP) / columns) - GAP);
  const step = side + (data.values ? 7 : 0) + GAP;
  const long = (/** @type {string} */ name) => measure(name, LABEL, theme, 600);
  const names = thinned(columnNames(columns, most), side + GAP, long);
  const top = names.length ? 26 : 4;
  const lines = heads.map((count) => Math.max(1, Math.ceil(count / columns)));
  const apart = most > columns ? 10 : 0;
  const tops = starts(lines.map((count) => count * step + apart)).map((y) => y + top);
  return {
    left,
    top,
    names,
    columns,
    side,
    width: left + columns * (side + GAP) - GAP + 4,
    height: top + lines.reduce((sum, count) => sum + count * step + apart, 0) + 2,
    place: (site, head) => ({
      x: left + (head % columns) * (side + GAP) + 2,
      y: tops[site] + Math.floor(head / columns) * step,
    }),
    find(x, y) {
      const site = tops.findLastIndex((start) => y >= start);
      const line = Math.floor((y - tops[site]) / step);
      const column = Math.floor((x - left - 2) / (side + GAP));
      const head = line * columns + column;
      const inside = site >= 0 && column >= 0 && column < columns && head < heads[site];
      return inside && line < lines[site] ? [site, head] : null;
    },
  };
}

/**
 * "1", or "1 · 9 · 17" where a layer takes several lines.
 * @param {number} columns
 * @param {number} most
 */
export function columnNames(columns, most) {
  return Array.from({ length: columns }, (_, column) => {
    const heads = [];
    for (let head = column + 1; head <= most; head += columns) heads.push(head);
    return heads.join(" · ");
  });
}

/**
 * Every name, or as many as there is room for: every second, fourth, fifth …; "" for the others.
 * @param {string[]} names
 * @param {number} step  from one column to the next
 * @param {(name: string) => number} long
 */
export function thinned(names, step, long) {
  for (const every of EVERY) {
    const shown = names.map((name, column) => (column + 1) % every ? "" : name);
    if (shown.some((name) => name) && shown.every((name) => long(name) <= every * step)) {
      return shown;
    }
  }
  return [];
}

/**
 * Every thumbnail as a small picture in the colours of the page, site by site.
 * @param {HeadGrid} data
 * @param {Theme} theme
 */
export function thumbnails(data, theme) {
  const first = starts(headsOf(data));
  return data.thumbnails_shapes.map(([heads, size], site) =>
    Array.from({ length: heads }, (_, head) => thumbnail(data, theme, first[site] + head, size))
  );
}

/**
 * @param {HeadGrid} data
 * @param {Theme} theme
 * @param {number} index
 * @param {number} size
 */
function thumbnail(data, theme, index, size) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const ctx = context(canvas);
  const pixels = ctx.createImageData(size, size);
  const start = index * size * size;
  for (let i = 0; i < size * size; i++) {
    pixels.data.set(theme.ramp[data.thumbnails[start + i]], i * 4);
    pixels.data[i * 4 + 3] = 255;
  }
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * @param {Pen} pen
 * @param {HeadGrid} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Place | null} chosen
 * @param {HTMLCanvasElement[][]} pictures
 */
export function drawGrid(pen, data, plan, theme, chosen, pictures) {
  const label = (/** @type {boolean} */ strong) => ({
    size: LABEL,
    weight: strong ? 600 : 400,
    fill: strong ? theme.accent : theme.quiet,
  });
  plan.names.forEach((name, column) => {
    if (!name) return;
    const x = plan.place(0, column).x + plan.side / 2;
    const strong = chosen !== null && chosen[1] % plan.columns === column;
    pen.text(x, plan.top / 2 - 1, name, { ...label(strong), anchor: "middle" });
  });
  const most = data.values ? data.values.reduce((a, b) => Math.max(a, b), 1e-12) : 1;
  data.sites.forEach((name, site) => {
    const middle = plan.place(site, 0).y + plan.side / 2;
    const strong = chosen !== null && chosen[0] === site;
    pen.text(plan.left - 8, middle, name, { ...label(strong), anchor: "end" });
    pictures[site].forEach((picture, head) => {
      const { x, y } = plan.place(site, head);
      pen.image(picture, x, y, plan.side, plan.side);
      pen.rect(x - 0.5, y - 0.5, plan.side + 1, plan.side + 1, { stroke: theme.hair });
      const value = valueAt(data, [site, head]);
      if (value !== null) drawBar(pen, plan, theme, { x, y, share: Math.max(0, value) / most });
    });
  });
  if (chosen) outline(pen, plan, chosen, theme.accent, 3);
}

/**
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {{ x: number, y: number, share: number }} bar
 */
function drawBar(pen, plan, theme, { x, y, share }) {
  pen.rect(x, y + plan.side + 3, plan.side, 3, { fill: theme.hair });
  pen.rect(x, y + plan.side + 3, plan.side * share, 3, { fill: theme.quiet });
}

/**
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Place} place
 * @param {string} colour
 * @param {number} width
 */
export function outline(pen, plan, place, colour, width) {
  const { x, y } = plan.place(...place);
  const out = width / 2 + 0.5;
  pen.rect(x - out, y - out, plan.side + 2 * out, plan.side + 2 * out, {
    stroke: colour,
    width,
    radius: 2,
  });
}
