// One drawing, two papers: a canvas for the screen and PNG, SVG elements for the file.
import { context } from "./element.js";
import { isolated, legible } from "./letters.js";

/** @import { Pen, Style, TextStyle, Theme } from "./types.d.ts" */

const SVG = "http://www.w3.org/2000/svg";
const HATCH = 6;
const PLAIN = /^[ -~−]*$/; // shown as it is, and cannot turn its neighbours round
/** @type {Record<string, CanvasTextAlign>} */
const ALIGN = { start: "left", middle: "center", end: "right" };

/**
 * A pattern of fine diagonals: "may not look here".
 * @param {CanvasRenderingContext2D} ctx
 * @param {Theme} theme
 */
function hatchPattern(ctx, theme) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH * 4;
  const pen = context(tile);
  pen.scale(4, 4);
  pen.strokeStyle = theme.faint;
  pen.lineWidth = 0.9;
  pen.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    pen.moveTo(shift, HATCH);
    pen.lineTo(shift + HATCH, 0);
  }
  pen.stroke();
  const pattern = /** @type {CanvasPattern} */ (ctx.createPattern(tile, "repeat"));
  pattern.setTransform(new DOMMatrix().scale(1 / 4));
  return pattern;
}

/** @implements {Pen} */
export class CanvasPen {
  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {Theme} theme
   */
  constructor(ctx, theme) {
    this.ctx = ctx;
    this.theme = theme;
    /** @type {CanvasPattern | null} */
    this.pattern = null;
    this.font = "";
  }

  /**
   * Without a shape the path at hand, which costs less than a shape of its own.
   * @param {Path2D | null} shape
   * @param {Style} style
   */
  ink(shape, { fill, stroke, width = 1, opacity = 1, dash = [] }) {
    const { ctx } = this;
    ctx.globalAlpha = opacity;
    if (fill) {
      ctx.fillStyle = fill;
      if (shape) ctx.fill(shape);
      else ctx.fill();
    }
    if (stroke) {
      ctx.strokeStyle = stroke;
      ctx.lineWidth = width;
      ctx.setLineDash(dash);
      if (shape) ctx.stroke(shape);
      else ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  /** @type {Pen["rect"]} */
  rect(x, y, w, h, style) {
    const { ctx } = this;
    if (style.radius || style.stroke) {
      ctx.beginPath();
      ctx.roundRect(x, y, w, h, style.radius ?? 0);
      this.ink(null, style);
    } else {
      ctx.globalAlpha = style.opacity ?? 1;
      ctx.fillStyle = style.fill ?? "none";
      ctx.fillRect(x, y, w, h);
      ctx.globalAlpha = 1;
    }
  }

  /** @type {Pen["path"]} */
  path(d, style) {
    this.ink(new Path2D(d), style);
  }

  /** @type {Pen["hatch"]} */
  hatch(x, y, w, h) {
    this.pattern ??= hatchPattern(this.ctx, this.theme);
    this.ctx.fillStyle = this.pattern;
    this.ctx.fillRect(x, y, w, h);
  }

  /** @type {Pen["image"]} */
  image(picture, x, y, w, h, smooth = false) {
    this.ctx.imageSmoothingEnabled = smooth;
    this.ctx.imageSmoothingQuality = "high";
    this.ctx.drawImage(picture, x, y, w, h);
  }

  /** @type {Pen["text"]} */
  text(x, y, text, { size, fill, weight = 400, anchor = "start", rotate = 0, opacity = 1 }) {
    const { ctx } = this;
    const letters = PLAIN.test(text) ? text : isolated(legible(text));
    this.write(`${weight} ${size}px ${this.theme.font}`);
    ctx.globalAlpha = opacity;
    ctx.textAlign = ALIGN[anchor];
    ctx.fillStyle = fill;
    if (rotate) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate((rotate * Math.PI) / 180);
      ctx.fillText(letters, 0, size * 0.35);
      ctx.restore();
    } else ctx.fillText(letters, x, y + size * 0.35);
    ctx.globalAlpha = 1;
  }

  /** A font is set when it changes only: a browser reads it anew each time. @param {string} font */
  write(font) {
    if (font !== this.font) this.ctx.font = this.font = font;
  }

  /** @type {Pen["at"]} */
  at(x, y, draw) {
    this.ctx.save();
    this.ctx.translate(x, y);
    draw();
    this.ctx.restore();
    this.font = ""; // what was drawn may have set another
  }
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;
const FILLED = ["rect", "path", "text"];

/** @implements {Pen} */
export class SvgPen {
  /**
   * @param {number} width
   * @param {number} height
   * @param {Theme} theme
   */
  constructor(width, height, theme) {
    this.theme = theme;
    this.svg = document.createElementNS(SVG, "svg");
    /** @type {SVGElement} */
    this.group = this.svg;
    const [w, h] = [String(Math.ceil(width)), String(Math.ceil(height))];
    this.svg.setAttribute("xmlns", SVG);
    this.svg.setAttribute("width", w);
    this.svg.setAttribute("height", h);
    this.svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    this.svg.setAttribute("font-family", theme.font);
  }

  /**
   * @param {string} tag
   * @param {Record<string, string | number>} attributes
   * @param {Style | TextStyle} [style]
   */
  add(tag, attributes, style = {}) {
    const node = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
    for (const [name, value] of Object.entries(attributes)) {
      node.setAttribute(name, String(typeof value === "number" ? round(value) : value));
    }
    if (FILLED.includes(tag)) node.setAttribute("fill", style.fill ?? "none");
    if ("stroke" in style && style.stroke) {
      node.setAttribute("stroke", style.stroke);
      node.setAttribute("stroke-width", String(round(style.width ?? 1)));
      if (style.dash) node.setAttribute("stroke-dasharray", style.dash.join(" "));
    }
    const opacity = style.opacity ?? 1;
    if (opacity !== 1) node.setAttribute("opacity", String(round(opacity)));
    this.group.append(node);
    return node;
  }

  /** @type {Pen["rect"]} */
  rect(x, y, w, h, style) {
    /** @type {Record<string, number>} */
    const rounded = style.radius ? { rx: style.radius } : {};
    this.add("rect", { x, y, width: w, height: h, ...rounded }, style);
  }

  /** @type {Pen["path"]} */
  path(d, style) {
    this.add("path", { d }, style);
  }

  /** @type {Pen["hatch"]} */
  hatch(x, y, w, h) {
    if (!this.svg.querySelector("#hatch")) this.defineHatch();
    this.add("rect", { x, y, width: w, height: h }, { fill: "url(#hatch)" });
  }

  defineHatch() {
    const size = { width: HATCH, height: HATCH };
    const pattern = this.add("pattern", { id: "hatch", ...size, patternUnits: "userSpaceOnUse" });
    const [low, high] = [HATCH - 1, HATCH + 1];
    const d = `M-1,1L1,-1M0,${HATCH}L${HATCH},0M${low},${high}L${high},${low}`;
    pattern.append(this.add("path", { d }, { stroke: this.theme.faint, width: 0.9 }));
  }

  /** @type {Pen["image"]} */
  image(picture, x, y, w, h, smooth = false) {
    const node = this.add("image", { x, y, width: w, height: h, preserveAspectRatio: "none" });
    node.setAttribute("href", picture.toDataURL("image/png"));
    if (!smooth) node.style.imageRendering = "pixelated";
  }

  /** @type {Pen["text"]} */
  text(x, y, text, style) {
    const { size, weight = 400, anchor = "start", rotate = 0 } = style;
    /** @type {Record<string, string | number>} */
    const place = rotate
      ? { transform: `translate(${round(x)} ${round(y)}) rotate(${rotate})`, y: size * 0.35 }
      : { x, y: y + size * 0.35 };
    const letters = { "font-size": size, "font-weight": weight, "text-anchor": anchor };
    const node = this.add("text", { ...place, ...letters, "xml:space": "preserve" }, style);
    node.textContent = isolated(legible(text));
    if (style.title && style.title !== text) {
      const title = document.createElementNS(SVG, "title");
      title.textContent = legible(style.title);
      node.append(title);
    }
  }

  /** @type {Pen["at"]} */
  at(x, y, draw) {
    const outer = this.group;
    this.group = this.add("g", { transform: `translate(${round(x)} ${round(y)})` });
    draw();
    this.group = outer;
  }
}

/**
 * A pen over a canvas.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Theme} theme
 */
export const canvasPen = (ctx, theme) => new CanvasPen(ctx, theme);
