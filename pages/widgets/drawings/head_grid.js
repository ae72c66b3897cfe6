// Thumbnails in rows and columns: where each goes, and how it is drawn.
import { measure } from "../shared/letters.js";

export const GAP = 5;
const LABEL = 15;
const LARGEST = 84;

/** Where each thumbnail goes; long layers break into lines where the screen is narrow. */
export function gridPlan(data, width, theme, narrow) {
  const widest = Math.max(...data.sites.map((site) => measure(site, LABEL, theme, 600)));
  const left = Math.ceil(widest) + 14;
  const smallest = narrow ? 34 : 30;
  const room = width - left - 4;
  const perLine = Math.max(1, Math.min(data.heads, Math.floor((room + GAP) / (smallest + GAP))));
  const lines = Math.ceil(data.heads / perLine);
  const columns = Math.ceil(data.heads / lines);
  const bar = data.values ? 7 : 0;
  const side = Math.min(LARGEST, Math.floor((room + GAP) / columns) - GAP);
  const stepY = side + bar + GAP;
  const siteHeight = lines * stepY + (lines > 1 ? 10 : 0);
  const names = Array.from(
    { length: columns },
    (_, column) =>
      Array.from({ length: lines }, (_, line) => line * columns + column + 1)
        .filter((head) => head <= data.heads).join(" · "),
  );
  const fits = names.every((name) => measure(name, LABEL, theme, 600) <= side + GAP);
  const top = fits ? 26 : 4;
  return {
    left,
    top,
    names: fits ? names : [],
    lines,
    columns,
    side,
    bar,
    siteHeight,
    width: left + columns * (side + GAP) - GAP + 4,
    height: top + data.sites.length * siteHeight + 2,
    place(site, head) {
      const line = Math.floor(head / columns);
      return {
        x: left + (head % columns) * (side + GAP) + 2,
        y: top + site * siteHeight + line * stepY,
      };
    },
    find(x, y) {
      const site = Math.floor((y - top) / siteHeight);
      const line = Math.floor((y - top - site * siteHeight) / stepY);
      const column = Math.floor((x - left - 2) / (side + GAP));
      const head = line * columns + column;
      const inside = site >= 0 && site < data.sites.length && column >= 0 && column < columns &&
        line >= 0 && line < lines && head < data.heads;
      return inside ? [site, head] : null;
    },
  };
}

/** One thumbnail as a small picture in the colours of the page. */
export function thumbnail(data, theme, index) {
  const size = data.size;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const ctx = canvas.getContext("2d");
  const pixels = ctx.createImageData(size, size);
  const start = index * size * size;
  for (let i = 0; i < size * size; i++) {
    pixels.data.set(theme.ramp[data.thumbs[start + i]], i * 4);
    pixels.data[i * 4 + 3] = 255;
  }
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}

export function drawGrid(pen, data, plan, theme, chosen, pictures) {
  const text = { size: LABEL, fill: theme.quiet };
  plan.names.forEach((name, column) => {
    const { x } = plan.place(0, column);
    const strong = chosen && chosen[1] % plan.columns === column;
    pen.text(x + plan.side / 2, plan.top / 2 - 1, name, {
      ...text,
      anchor: "middle",
      weight: strong ? 600 : 400,
      fill: strong ? theme.accent : theme.quiet,
    });
  });
  const most = data.values ? data.values.reduce((a, b) => Math.max(a, b), 1e-12) : 1;
  data.sites.forEach((name, site) => {
    const strong = chosen && chosen[0] === site;
    const middle = plan.place(site, 0).y + plan.side / 2;
    pen.text(plan.left - 8, middle, name, {
      ...text,
      anchor: "end",
      weight: strong ? 600 : 400,
      fill: strong ? theme.accent : theme.quiet,
    });
    for (let head = 0; head < data.heads; head++) {
      const { x, y } = plan.place(site, head);
      const index = site * data.heads + head;
      pen.image(pictures[index], x, y, plan.side, plan.side);
      pen.rect(x - 0.5, y - 0.5, plan.side + 1, plan.side + 1, { stroke: theme.hair });
      if (data.values) {
        const share = Math.max(0, data.values[index]) / most;
        pen.rect(x, y + plan.side + 3, plan.side, 3, { fill: theme.hair });
        pen.rect(x, y + plan.side + 3, plan.side * share, 3, { fill: theme.quiet });
      }
    }
  });
  if (chosen) outline(pen, plan, chosen, theme.accent, 3);
}

export function outline(pen, plan, [site, head], colour, width) {
  const { x, y } = plan.place(site, head);
  const out = width / 2 + 0.5;
  pen.rect(x - out, y - out, plan.side + 2 * out, plan.side + 2 * out, {
    stroke: colour,
    width,
    radius: 2,
  });
}
