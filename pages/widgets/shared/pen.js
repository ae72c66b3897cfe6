// One drawing, two papers: a canvas for the screen and PNG, SVG elements for the file.
import { isolated, legible } from "./letters.js";

const SVG = "http://www.w3.org/2000/svg";
const HATCH = 6;

/** A pattern of fine diagonals: "may not look here". */
function hatchPattern(ctx, theme) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH * 4;
  const pen = tile.getContext("2d");
  pen.scale(4, 4);
  pen.strokeStyle = theme.faint;
  pen.lineWidth = 0.9;
  pen.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    pen.moveTo(shift, HATCH);
    pen.lineTo(shift + HATCH, 0);
  }
  pen.stroke();
  const pattern = ctx.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / 4));
  return pattern;
}

export function canvasPen(ctx, theme) {
  let pattern = null;
  const ink = (shape, { fill, stroke, width = 1, opacity = 1, dash = [] }) => {
    ctx.globalAlpha = opacity;
    if (fill) {
      ctx.fillStyle = fill;
      ctx.fill(shape);
    }
    if (stroke) {
      ctx.strokeStyle = stroke;
      ctx.lineWidth = width;
      ctx.setLineDash(dash);
      ctx.stroke(shape);
    }
    ctx.globalAlpha = 1;
  };
  return {
    rect(x, y, w, h, style) {
      if (style.radius || style.stroke) {
        const shape = new Path2D();
        shape.roundRect(x, y, w, h, style.radius ?? 0);
        ink(shape, style);
      } else {
        ctx.globalAlpha = style.opacity ?? 1;
        ctx.fillStyle = style.fill;
        ctx.fillRect(x, y, w, h);
        ctx.globalAlpha = 1;
      }
    },
    path: (d, style) => ink(new Path2D(d), style),
    hatch(x, y, w, h) {
      pattern ??= hatchPattern(ctx, theme);
      ctx.fillStyle = pattern;
      ctx.fillRect(x, y, w, h);
    },
    image(picture, x, y, w, h) {
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(picture, x, y, w, h);
    },
    text(x, y, text, { size, fill, weight = 400, anchor = "start", rotate = 0, opacity = 1 }) {
      ctx.save();
      ctx.globalAlpha = opacity;
      ctx.font = `${weight} ${size}px ${theme.font}`;
      ctx.textAlign = { start: "left", middle: "center", end: "right" }[anchor];
      ctx.fillStyle = fill;
      ctx.translate(x, y);
      if (rotate) ctx.rotate((rotate * Math.PI) / 180);
      ctx.fillText(isolated(legible(text)), 0, size * 0.35);
      ctx.restore();
    },
    at(x, y, draw) {
      ctx.save();
      ctx.translate(x, y);
      draw();
      ctx.restore();
    },
  };
}

const round = (value) => Math.round(value * 100) / 100;

export function svgPen(width, height, theme) {
  const svg = document.createElementNS(SVG, "svg");
  let group = svg;
  const add = (tag, attributes, style = {}) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) {
      node.setAttribute(name, typeof value === "number" ? round(value) : value);
    }
    if (tag !== "image" && tag !== "g" && tag !== "pattern") {
      node.setAttribute("fill", style.fill ?? "none");
    }
    if (style.stroke) {
      node.setAttribute("stroke", style.stroke);
      node.setAttribute("stroke-width", round(style.width ?? 1));
      if (style.dash) node.setAttribute("stroke-dasharray", style.dash.join(" "));
    }
    if ((style.opacity ?? 1) !== 1) node.setAttribute("opacity", round(style.opacity));
    group.append(node);
    return node;
  };
  svg.setAttribute("xmlns", SVG);
  svg.setAttribute("width", Math.ceil(width));
  svg.setAttribute("height", Math.ceil(height));
  svg.setAttribute("viewBox", `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`);
  svg.setAttribute("font-family", theme.font);
  const pen = {
    svg,
    rect: (x, y, w, h, style) =>
      add("rect", { x, y, width: w, height: h, ...(style.radius && { rx: style.radius }) }, style),
    path: (d, style) => add("path", { d }, style),
    hatch(x, y, w, h) {
      if (!svg.querySelector("#hatch")) {
        const shape = `M-1,1L1,-1M0,${HATCH}L${HATCH},0M${HATCH - 1},${HATCH + 1}L${HATCH + 1},${
          HATCH - 1
        }`;
        const pattern = add("pattern", {
          id: "hatch",
          width: HATCH,
          height: HATCH,
          patternUnits: "userSpaceOnUse",
        });
        pattern.append(add("path", { d: shape }, { stroke: theme.faint, width: 0.9 }));
      }
      add("rect", { x, y, width: w, height: h }, { fill: "url(#hatch)" });
    },
    image(picture, x, y, w, h) {
      const node = add("image", { x, y, width: w, height: h, preserveAspectRatio: "none" });
      node.setAttribute("href", picture.toDataURL("image/png"));
      node.setAttribute("style", "image-rendering:pixelated");
    },
    text(x, y, text, style) {
      const { size, weight = 400, anchor = "start", rotate = 0 } = style;
      const place = rotate
        ? { transform: `translate(${round(x)} ${round(y)}) rotate(${rotate})`, y: size * 0.35 }
        : { x, y: y + size * 0.35 };
      const node = add("text", {
        ...place,
        "font-size": size,
        "font-weight": weight,
        "text-anchor": anchor,
        "xml:space": "preserve",
      }, style);
      node.textContent = isolated(legible(text));
      if (style.title && style.title !== text) {
        const title = document.createElementNS(SVG, "title");
        title.textContent = legible(style.title);
        node.append(title);
      }
    },
    at(x, y, draw) {
      const outer = group;
      group = add("g", { transform: `translate(${round(x)} ${round(y)})` });
      draw();
      group = outer;
    },
  };
  return pen;
}
