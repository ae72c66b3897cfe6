// A sound over time with its words under it: where each lies, and how it is drawn.
import { context } from "../shared/element.js";
import { measure, shortened } from "../shared/letters.js";
import { SCALE } from "../shared/palette.js";
import { ramp } from "../shared/theme.js";

/** @import { Hearing } from "../shared/pictures.d.ts" */
/** @import { Box, Pen, Theme } from "../shared/types.d.ts" */

/**
 * @typedef {object} Plan
 * @property {number} left where the time begins, in px
 * @property {number} width
 * @property {number} height
 * @property {number} top of the first row
 * @property {number} row height of a row
 * @property {(seconds: number) => number} x
 * @property {(x: number) => number} time in seconds, within the sound
 * @property {(y: number) => number} find the word at a height; −1 for none
 * @property {(word: number) => Box} box when a word is said, in its row
 */

export const TALL = 120; // px of the sound itself
const AXIS = 26;
const SIZE = 16;
const WIDEST = 150;
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
/** Bright is strong. */
const GLOW = ramp(SCALE.dark);

/**
 * @param {Pick<Hearing, "words_heard" | "seconds" | "starts" | "ends">} data
 * @param {number} width
 * @param {Pick<Theme, "font">} theme
 * @returns {Plan}
 */
export function hearingPlan(data, width, theme) {
  const words = data.words_heard;
  const widest = Math.max(40, ...words.map((word) => measure(word, SIZE, theme, 600)));
  const left = Math.ceil(Math.min(WIDEST, width * 0.3, widest)) + 14;
  const row = words.length > 40 ? 20 : 28;
  const top = TALL + AXIS;
  const room = width - left - 2;
  const x = (/** @type {number} */ seconds) => left + (seconds / data.seconds) * room;
  return {
    left,
    width,
    height: top + words.length * row + 4,
    top,
    row,
    x,
    time: (at) => Math.max(0, Math.min(data.seconds, ((at - left) / room) * data.seconds)),
    find(y) {
      const word = Math.floor((y - top) / row);
      return word >= 0 && word < words.length ? word : -1;
    },
    box: (word) => ({
      x: x(data.starts[word]),
      y: top + word * row + 1,
      w: x(data.ends[word]) - x(data.starts[word]),
      h: row - 2,
    }),
  };
}

/**
 * The word that is said at a moment; −1 for none.
 * @param {Pick<Hearing, "starts" | "ends">} data
 * @param {number} seconds
 */
export function wordAt(data, seconds) {
  return data.starts.findIndex((start, word) => start <= seconds && seconds < data.ends[word]);
}

/**
 * Seconds between two marks of the axis, so that there are at most ten.
 * @param {number} seconds
 */
export const tick = (seconds) => TICKS.find((one) => seconds / one <= 10) ?? 10;

/**
 * The frame at which a word looks most.
 * @param {Pick<Hearing, "heat" | "words_heard">} data
 * @param {number} word
 */
export function strongest(data, word) {
  const frames = data.heat.length / data.words_heard.length;
  const row = data.heat.subarray(word * frames, (word + 1) * frames);
  return row.indexOf(row.reduce((a, b) => Math.max(a, b), 0));
}

/**
 * The weight of a word on a moment.
 * @param {Pick<Hearing, "heat" | "words_heard" | "peaks" | "seconds">} data
 * @param {number} word
 * @param {number} seconds
 */
export function weightAt(data, word, seconds) {
  const frames = data.heat.length / data.words_heard.length;
  const frame = Math.min(frames - 1, Math.floor((seconds / data.seconds) * frames));
  return (data.heat[word * frames + frame] / 65535) * data.peaks[word];
}

/**
 * The sound as a small picture, the lowest tone at its foot.
 * @param {Pick<Hearing, "bands">} data
 * @param {number} tones
 */
export function soundPicture(data, tones) {
  const moments = data.bands.length / tones;
  return painted(moments, tones, (x, y) => data.bands[(tones - 1 - y) * moments + x] / 255);
}

/**
 * Every word's look as a small picture, a row a word.
 * @param {Pick<Hearing, "heat" | "words_heard">} data
 */
export function looksPicture(data) {
  const words = data.words_heard.length;
  const frames = data.heat.length / Math.max(1, words);
  return painted(frames, words, (x, y) => data.heat[y * frames + x] / 65535);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number} share
 */
function painted(width, height, share) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  const ctx = context(canvas);
  const pixels = ctx.createImageData(canvas.width, canvas.height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      pixels.data.set(GLOW[Math.round(255 * share(x, y))], at);
      pixels.data[at + 3] = 255;
    }
  }
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * @param {Pen} pen
 * @param {Hearing} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {{ sound: HTMLCanvasElement, looks: HTMLCanvasElement, lit: number }} shown
 */
export function drawHearing(pen, data, plan, theme, { sound, looks, lit }) {
  const room = plan.width - plan.left - 2;
  const words = data.words_heard.length;
  pen.image(sound, plan.left, 0, room, TALL, true);
  pen.image(looks, plan.left, plan.top, room, words * plan.row);
  const step = tick(data.seconds);
  for (let time = 0; time <= data.seconds + 1e-6; time += step) {
    const x = plan.x(Math.min(time, data.seconds));
    pen.rect(x - 0.5, TALL, 1, 5, { fill: theme.quiet });
    const anchor = time === 0 ? "start" : time + step > data.seconds ? "end" : "middle";
    pen.text(x, TALL + 15, `${Number(time.toFixed(1))}`, { size: 13, fill: theme.quiet, anchor });
  }
  data.words_heard.forEach((word, index) => {
    const strong = index === lit;
    const { x, y, w, h } = plan.box(index);
    const letters = shortened(word, plan.left - 12, SIZE, theme, strong ? 600 : 400);
    const style = { size: Math.min(SIZE, plan.row - 3), weight: strong ? 600 : 400 };
    pen.text(plan.left - 8, y + h / 2, letters, {
      ...style,
      fill: strong ? theme.accent : theme.ink,
      anchor: "end",
      title: word,
    });
    pen.rect(x, y, w, h, {
      stroke: "#ffffff",
      width: strong ? 3 : 1.5,
      opacity: strong ? 1 : 0.75,
    });
  });
  if (lit >= 0 && lit < words) {
    const { x, w } = plan.box(lit);
    pen.rect(x, 1, w, TALL - 2, { stroke: "#ffffff", width: 3 });
  }
}
