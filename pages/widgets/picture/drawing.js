// A picture under its patches: where each lies, which look is shown, how it is drawn.
import { colourBar } from "../shared/download.js";
import { context } from "../shared/element.js";
import { SCALE } from "../shared/palette.js";
import { ramp, shade } from "../shared/theme.js";

/** @import { PictureMap } from "../shared/pictures.d.ts" */
/** @import { Box, Pen, Theme } from "../shared/types.d.ts" */

/** @typedef {[number, number]} Cell row and column, counted from 0 */

/**
 * One look, as it is shown.
 * @typedef {object} Look
 * @property {Float32Array} weights of each patch
 * @property {number} peak the largest of them
 * @property {number[]} beside the weight on each place that lies nowhere
 */

/**
 * @typedef {object} Plan
 * @property {number} width of the picture on the page, in px
 * @property {number} height
 * @property {Box} seen the part that the patches cover, in px
 * @property {(cell: Cell) => Box} box
 * @property {(x: number, y: number) => Cell | null} find
 * @property {(x: number, y: number) => Cell} nearest
 */

const SHARES = 65535;
/** Looks of a large picture that are fetched one by one; of more, all are. */
const FEW = 8;
const LARGEST = 2.5; // a small picture is enlarged, as far as its pixels bear it
const LEAST = 420; // px that even the smallest picture may take
/** Bright is strong, on a photograph, in the light and in the dark. */
export const GLOW = { ramp: ramp(SCALE.dark) };

/**
 * The picture within this room, its shape kept.
 * @param {Pick<PictureMap, "width" | "height" | "grid" | "crop">} data
 * @param {number} width
 * @param {number} high
 * @returns {Plan}
 */
export function picturePlan(data, width, high) {
  const most = Math.max(LARGEST, LEAST / Math.max(data.width, data.height));
  const scale = Math.min(width / data.width, high / data.height, most);
  const [left, top, right, bottom] = data.crop.map((edge) => edge * scale);
  const [rows, columns] = data.grid;
  const [w, h] = [(right - left) / columns, (bottom - top) / rows];
  const row = (/** @type {number} */ y) => Math.floor((y - top) / h);
  const column = (/** @type {number} */ x) => Math.floor((x - left) / w);
  const within = (/** @type {number} */ value, /** @type {number} */ size) =>
    Math.max(0, Math.min(size - 1, value));
  return {
    width: data.width * scale,
    height: data.height * scale,
    seen: { x: left, y: top, w: right - left, h: bottom - top },
    box: ([r, c]) => ({ x: left + c * w, y: top + r * h, w, h }),
    find(x, y) {
      const [r, c] = [row(y), column(x)];
      return r >= 0 && r < rows && c >= 0 && c < columns ? [r, c] : null;
    },
    nearest: (x, y) => [within(row(y), rows), within(column(x), columns)],
  };
}

/**
 * The place of a patch, the special ones counted first.
 * @param {Pick<PictureMap, "grid" | "specials">} data
 * @param {Cell} cell
 */
export const placeOf = (data, [row, column]) => data.specials.length + row * data.grid[1] + column;

/**
 * Row and column of a place; null for one that lies nowhere.
 * @param {Pick<PictureMap, "grid" | "specials">} data
 * @param {number} place
 * @returns {Cell | null}
 */
export function cellOf(data, place) {
  const patch = place - data.specials.length;
  const [rows, columns] = data.grid;
  if (patch < 0 || patch >= rows * columns) return null;
  return [Math.floor(patch / columns), patch % columns];
}

/**
 * Every place of the rectangle between two cells.
 * @param {Pick<PictureMap, "grid" | "specials">} data
 * @param {Cell} one
 * @param {Cell} other
 */
export function region(data, one, other) {
  const places = [];
  for (let row = Math.min(one[0], other[0]); row <= Math.max(one[0], other[0]); row++) {
    for (let c = Math.min(one[1], other[1]); c <= Math.max(one[1], other[1]); c++) {
      places.push(placeOf(data, [row, c]));
    }
  }
  return places;
}

/**
 * The mean of some looks; null until they are here, and then `again` is called.
 * @param {Pick<PictureMap, "grid" | "specials" | "looks" | "heat" | "peaks" | "beside">} data
 * @param {number[]} chosen numbers of looks; those that are not there are left out
 * @param {() => void} again
 * @returns {Look | null}
 */
export function mean(data, chosen, again) {
  const { heat } = data;
  const known = chosen.filter((look) => look >= 0 && look < data.looks.length);
  if ((!heat.large || known.length > FEW) && !heat.whole(0, again)) return null;
  const rows = known.flatMap((look) => heat.row(0, look, again) ?? []);
  if (rows.length < known.length) return null;
  const weights = new Float32Array(data.grid[0] * data.grid[1]);
  const beside = data.specials.map(() => 0);
  known.forEach((look, place) => {
    const unit = data.peaks[look] / SHARES / known.length;
    rows[place].forEach((share, patch) => weights[patch] += share * unit);
    beside.forEach((_, special) => {
      beside[special] += data.beside[look * beside.length + special] / known.length;
    });
  });
  return { weights, peak: weights.reduce((a, b) => Math.max(a, b), 0), beside };
}

/**
 * A weight with as many places as tell something: 31 %, 3.1 %, 0.31 %; or 0.83.
 * @param {Pick<PictureMap, "unit">} data
 * @param {number} weight
 */
export function said({ unit }, weight) {
  if (unit === "number") return weight.toFixed(2);
  const value = 100 * weight;
  return `${value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2)} %`;
}

/**
 * Whether nothing is looked at at all: then there is a picture, and no heat over it.
 * @param {Pick<PictureMap, "colours" | "peaks">} data
 */
export const cold = (data) => !data.colours && data.peaks.every((peak) => peak === 0);

/**
 * One pixel a patch: heat in the colours of strength, or the colours given.
 * @param {Pick<PictureMap, "grid" | "colours" | "covered" | "peaks">} data
 * @param {Look} look
 * @param {number} opacity 0 … 1
 */
export function overlay(data, look, opacity) {
  const [rows, columns] = data.grid;
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const ctx = context(canvas);
  const pixels = ctx.createImageData(columns, rows);
  for (let patch = 0; patch < rows * columns; patch++) {
    pixels.data.set(data.colours ? given(data.colours, patch) : glow(look, patch), patch * 4);
    pixels.data[patch * 4 + 3] = cold(data) ? 0 : 255 * opacity;
  }
  for (const patch of data.covered) pixels.data.set([128, 128, 128, 255], patch * 4);
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * @param {Uint8Array} colours
 * @param {number} patch
 */
const given = (colours, patch) => colours.subarray(patch * 3, patch * 3 + 3);

/**
 * @param {Look} look
 * @param {number} patch
 */
const glow = (look, patch) =>
  GLOW.ramp[look.peak > 0 ? Math.round((255 * look.weights[patch]) / look.peak) : 0];

/**
 * The picture, what the model did not see of it, and the heat.
 * @param {Pen} pen
 * @param {PictureMap} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {{ photo: HTMLCanvasElement | null, heat: HTMLCanvasElement }} layers
 */
export function drawPicture(pen, data, plan, theme, { photo, heat }) {
  const { seen } = plan;
  if (photo) pen.image(photo, 0, 0, plan.width, plan.height, true);
  else pen.rect(0, 0, plan.width, plan.height, { fill: theme.wash });
  const [right, below] = [seen.x + seen.w, seen.y + seen.h];
  for (
    const [x, y, w, h] of [
      [0, 0, plan.width, seen.y],
      [0, below, plan.width, plan.height - below],
      [0, seen.y, seen.x, seen.h],
      [right, seen.y, plan.width - right, seen.h],
    ]
  ) {
    if (w > 0.5 && h > 0.5) {
      pen.rect(x, y, w, h, { fill: theme.paper, opacity: 0.6 });
      pen.hatch(x, y, w, h);
    }
  }
  pen.image(heat, seen.x, seen.y, seen.w, seen.h);
  const scale = plan.width / data.width;
  for (const [left, top, far, low] of data.boxes) {
    const box = [left * scale, top * scale, (far - left) * scale, (low - top) * scale];
    const [x, y, w, h] = box;
    pen.rect(x, y, w, h, { stroke: "#000000", width: 5, radius: 2 });
    pen.rect(x, y, w, h, { stroke: "#ffffff", width: 2, radius: 2, dash: [6, 4] });
  }
}

/**
 * A line around patches: light on dark, so that it is seen on any picture.
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Cell[]} cells
 * @param {string} colour
 */
export function outline(pen, plan, cells, colour) {
  const known = new Set(cells.map(String));
  const edges = [];
  for (const [row, column] of cells) {
    const { x, y, w, h } = plan.box([row, column]);
    const free = (/** @type {number} */ r, /** @type {number} */ c) => !known.has(`${r},${c}`);
    if (free(row - 1, column)) edges.push(`M${x},${y}h${w}`);
    if (free(row + 1, column)) edges.push(`M${x},${y + h}h${w}`);
    if (free(row, column - 1)) edges.push(`M${x},${y}v${h}`);
    if (free(row, column + 1)) edges.push(`M${x + w},${y}v${h}`);
  }
  if (!edges.length) return;
  pen.path(edges.join(""), { stroke: "#000000", width: 5 });
  pen.path(edges.join(""), { stroke: colour, width: 2.5 });
}

/**
 * The colours of strength with the weight that the strongest stands for.
 * @param {Pen} pen
 * @param {number} y
 * @param {Theme} theme
 * @param {string} highest
 */
export const legend = (pen, y, theme, highest) =>
  colourBar(pen, 0, y, theme, (share) => shade(GLOW, share), highest);
