// Text that was typed by somebody else: measured, cut and shown as it is.

/** @import { Theme } from "./types.d.ts" */

/** @type {CanvasRenderingContext2D | null} made at the first word */
let ruler = null;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });
/** @type {Map<string, number>} */
const widths = new Map();

/**
 * What can be drawn and written to XML: control characters become visible signs.
 * @param {string} text
 */
export function legible(text) {
  return text
    .replaceAll("\n", "↵")
    .replaceAll("\t", "⇥")
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd");
}

/**
 * Keeps a right-to-left word from turning its neighbours round.
 * @param {string} text
 */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}

/**
 * Width in px of one line of text.
 * @param {string} text
 * @param {number} size
 * @param {Pick<Theme, "font">} theme
 */
export function measure(text, size, theme, weight = 400) {
  const font = `${weight} ${size}px ${theme.font}`;
  const id = font + "\n" + text;
  let width = widths.get(id);
  if (width === undefined) {
    if (widths.size > 20000) widths.clear();
    ruler ??= /** @type {CanvasRenderingContext2D} */ (
      document.createElement("canvas").getContext("2d")
    );
    ruler.font = font;
    width = ruler.measureText(text).width;
    widths.set(id, width);
  }
  return width;
}

/**
 * The text itself, or as many of its letters as fit with an ellipsis.
 * @param {string} text
 * @param {number} room
 * @param {number} size
 * @param {Pick<Theme, "font">} theme
 */
export function shortened(text, room, size, theme, weight = 400) {
  if (measure(text, size, theme, weight) <= room) return text;
  const letters = Array.from(graphemes.segment(text.slice(0, 400)), (part) => part.segment);
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const tried = letters.slice(0, middle).join("") + "…";
    if (measure(tried, size, theme, weight) <= room) low = middle;
    else high = middle - 1;
  }
  return letters.slice(0, low).join("") + "…";
}

/**
 * Lines no wider than `room`, broken between words of any script.
 * @param {string} text
 * @param {number} room
 * @param {number} size
 * @param {Pick<Theme, "font">} theme
 */
export function wrapped(text, room, size, theme) {
  const lines = [""];
  for (const { segment } of words.segment(text)) {
    const tried = lines[lines.length - 1] + segment;
    if (measure(tried.trimEnd(), size, theme) <= room || lines[lines.length - 1] === "") {
      lines[lines.length - 1] = tried;
    } else lines.push(segment.trimStart());
  }
  return lines.map((line) => line.trim()).filter((line) => line);
}

/**
 * A translated sentence with its {places} filled.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function filled(sentence, values) {
  return sentence.replace(
    /\{(\w+)\}/g,
    (place, name) => name in values ? String(values[name]) : place,
  );
}

/** @param {number} value */
export const two = (value) => value.toFixed(2);
