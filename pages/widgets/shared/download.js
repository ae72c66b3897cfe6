// A widget's picture as a file that stands by itself: background, title, picture, caption.
import { measure, wrapped } from "./letters.js";
import { CanvasPen, SvgPen } from "./pen.js";

/** @import { Drawn, Pen, Sheet, Theme } from "./types.d.ts" */

const MARGIN = 28;
const TITLE = 20;
const CAPTION = 15;
const MAX_PIXELS = 120e6;
const LONGEST = 16000;

/**
 * Where title, picture, caption and note go.
 * @param {Drawn} picture
 * @param {Sheet} data
 * @param {Theme} theme
 * @returns {Drawn}
 */
export function sheet(picture, data, theme) {
  const width = Math.max(picture.width, 360);
  const title = data.title ? wrapped(data.title, width, TITLE, theme) : [];
  const caption = [data.caption, data.text.note].flatMap((text) =>
    text ? wrapped(text, width, CAPTION, theme) : []
  );
  const top = MARGIN + title.length * TITLE * 1.35 + (title.length ? 10 : 0);
  const under = top + picture.height + (caption.length ? 16 : 0);
  return {
    width: width + 2 * MARGIN,
    height: under + caption.length * CAPTION * 1.4 + MARGIN,
    draw(pen) {
      pen.rect(0, 0, this.width, this.height, { fill: theme.paper });
      title.forEach((line, i) =>
        pen.text(MARGIN, MARGIN + (i + 0.5) * TITLE * 1.35, line, {
          size: TITLE,
          weight: 600,
          fill: theme.ink,
        })
      );
      pen.at(MARGIN, top, () => picture.draw(pen));
      caption.forEach((line, i) =>
        pen.text(MARGIN, under + (i + 0.5) * CAPTION * 1.4, line, {
          size: CAPTION,
          fill: theme.quiet,
        })
      );
    },
  };
}

/**
 * @param {Drawn} page
 * @param {Theme} theme
 */
function svgFile(page, theme) {
  const pen = new SvgPen(page.width, page.height, theme);
  page.draw(pen);
  const source = new XMLSerializer().serializeToString(pen.svg);
  return Promise.resolve(
    new Blob(['<?xml version="1.0" encoding="UTF-8"?>\n', source], { type: "image/svg+xml" }),
  );
}

/**
 * @param {Drawn} page
 * @param {Theme} theme
 * @returns {Promise<Blob>}
 */
function pngFile(page, theme) {
  const scale = Math.min(
    2,
    Math.sqrt(MAX_PIXELS / (page.width * page.height)),
    LONGEST / Math.max(page.width, page.height),
  );
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(page.width * scale);
  canvas.height = Math.ceil(page.height * scale);
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.scale(scale, scale);
  page.draw(new CanvasPen(ctx, theme));
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => blob ? done(blob) : failed(new Error("No room for a PNG")), "image/png")
  );
}

/**
 * @param {string} name
 * @param {string} kind
 */
export function fileName(name, kind) {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "");
  return `${plain.slice(0, 80) || "attention"}.${kind}`;
}

/**
 * Gives the reader a file.
 * @param {string} kind svg or png
 * @param {Drawn} picture
 * @param {Sheet} data
 * @param {Theme} theme
 */
export async function download(kind, picture, data, theme) {
  const page = sheet(picture, data, theme);
  const file = await (kind === "svg" ? svgFile : pngFile)(page, theme);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = fileName(data.name, kind);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/**
 * A colour bar from 0 to `highest` (a word), for the foot of a picture; returns its width.
 * @param {Pen} pen
 * @param {number} x
 * @param {number} y
 * @param {Theme} theme
 * @param {(share: number) => string} shadeOf
 * @param {string} highest
 */
export function colourBar(pen, x, y, theme, shadeOf, highest) {
  const [width, height, size] = [120, 12, 14];
  const start = x + measure("0", size, theme) + 8;
  for (let step = 0; step < 40; step++) {
    pen.rect(start + (step * width) / 40, y - height / 2, width / 40 + 0.5, height, {
      fill: shadeOf(step / 39),
    });
  }
  pen.rect(start - 0.5, y - height / 2 - 0.5, width + 1, height + 1, { stroke: theme.faint });
  pen.text(x, y, "0", { size, fill: theme.quiet });
  pen.text(start + width + 8, y, highest, { size, fill: theme.quiet });
  return start + width + 8 + measure(highest, size, theme) - x;
}
