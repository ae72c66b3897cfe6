// A beam as a tree: where its pieces and edges go, and how they are drawn.
import { legible, measure, shortened, two } from "../shared/letters.js";
import { mix } from "../shared/theme.js";
import { followers, treeRows } from "./rows.js";

/** @import { Tree } from "../shared/pictures.d.ts" */
/** @import { Pen, Theme } from "../shared/types.d.ts" */

/** @typedef {{ x: number, y: number, w: number, end: number }} Piece where one is; lines go from `end` */
/** @typedef {Piece & { label: string, title: string, score: string, own: number }} Node */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Seen */
/** @typedef {{ node: number, pointed: number }} Marks -1 = none */
/** @typedef {{ ink: string, text: string, strong: boolean, layer: number }} Look */
/** @typedef {ReturnType<typeof treePlan>} Plan */

const SIZE = 15;
const WIDEST = 150;
const PADDING = 7;
const BETWEEN = 34;
const START = 10;
const WIDTHS = [0.8, 5.2];

/**
 * A number with a minus sign that is as wide as a digit.
 * @param {number} value
 */
export const signed = (value) => two(value).replace("-", "−");

/**
 * Columns as wide as their widest piece, rows as close as a finger needs.
 * @param {Tree} data
 * @param {Pick<Theme, "font">} theme
 * @param {number} rowHeight
 */
export function treePlan(data, theme, rowHeight) {
  const { rows, start, count } = treeRows(data);
  /** @type {number[]} */
  const depths = [];
  data.parents.forEach((parent, node) => depths[node] = parent < 0 ? 0 : depths[parent] + 1);
  const y = (/** @type {number} */ row) => (row + 0.5) * rowHeight + 2;
  const sizes = data.texts.map((text, node) => {
    const score = Number.isNaN(data.scores[node]) ? "" : signed(data.scores[node]);
    const label = shortened(legible(text), WIDEST, SIZE, theme, 600);
    const own = Math.max(8, Math.ceil(measure(label, SIZE, theme, 600))) + 2 * PADDING;
    const scoreWidth = score ? Math.ceil(measure(score, SIZE - 1, theme, 600)) + 12 : 0;
    return { label, title: legible(text), score, own, w: own + scoreWidth, y: y(rows[node]) };
  });
  const columns = depths.reduce((most, depth) => Math.max(most, depth + 1), 0);
  /** @type {number[]} */
  const wide = new Array(columns).fill(0);
  sizes.forEach(({ w }, node) => wide[depths[node]] = Math.max(wide[depths[node]], w));
  const left = [START + BETWEEN];
  wide.forEach((w, column) => left.push(left[column] + w + BETWEEN));
  /** @type {Node[]} */
  const nodes = sizes.map((size, index) => {
    const x = left[depths[index]];
    return { ...size, x, end: x + wide[depths[index]] };
  });
  return {
    nodes,
    depths,
    ...followers(data),
    h: Math.min(26, rowHeight - 4),
    rowHeight,
    start: { x: START - 4, w: 8, end: START + 4, y: y(start) },
    width: columns ? left[columns] - BETWEEN + 4 : 2 * START,
    height: count * rowHeight + 4,
  };
}

/**
 * The next piece above (-1) or below (1) in the same column; itself where there is none.
 * @param {Pick<Plan, "nodes" | "depths">} plan
 * @param {number} node
 * @param {-1 | 1} way
 */
export function beside({ nodes, depths }, node, way) {
  const distance = (/** @type {number} */ other) => (nodes[other].y - nodes[node].y) * way;
  return [...nodes.keys()]
    .filter((other) => depths[other] === depths[node] && distance(other) > 0)
    .sort((a, b) => distance(a) - distance(b))[0] ?? node;
}

/**
 * The piece at a place of the drawing; -1 where there is none.
 * @param {Pick<Plan, "nodes" | "rowHeight">} plan
 * @param {number} x
 * @param {number} y
 */
export function pieceAt(plan, x, y) {
  const half = plan.rowHeight / 2;
  return plan.nodes.findIndex((node) =>
    x >= node.x - 8 && x <= node.x + node.w + 8 && Math.abs(y - node.y) <= half
  );
}

/**
 * The pieces from the first one to this one.
 * @param {Pick<Tree, "parents">} data
 * @param {number} node
 */
export function wayTo(data, node) {
  const way = [];
  for (let at = node; at >= 0; at = data.parents[at]) way.unshift(at);
  return way;
}

/**
 * Straight to the end of the column, so that it is in nobody's way, then over to the next.
 * @param {Piece} from
 * @param {Piece} to
 */
function edge(from, to) {
  const m = (from.end + to.x) / 2;
  return `M${from.x + from.w},${from.y}H${from.end}C${m},${from.y} ${m},${to.y} ${to.x},${to.y}`;
}

/**
 * How each piece is drawn: its colours, how strongly, and what lies over what.
 * @param {Tree} data
 * @param {Theme} theme
 * @param {{ way: Set<number>, colour: string }} marks
 * @param {number} node
 * @returns {Look}
 */
function look(data, theme, { way, colour }, node) {
  if (way.has(node)) return { ink: colour, text: colour, strong: true, layer: 2 };
  if (data.chosen[node]) return { ink: theme.heads[0], text: theme.ink, strong: true, layer: 1 };
  const away = way.size ? 0.6 : 0.38;
  return {
    ink: mix(theme.quiet, theme.paper, away),
    text: mix(theme.ink, theme.paper, away - 0.25),
    strong: false,
    layer: 0,
  };
}

/**
 * The way that is pointed at is lit; `view` is the part that is seen, all of it in a file.
 * @param {Pen} pen
 * @param {Tree} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Marks} marks
 * @param {Seen | null} [view]
 */
export function drawTree(pen, data, plan, theme, { node, pointed }, view = null) {
  const lit = pointed >= 0 ? pointed : node;
  const marks = {
    way: new Set(wayTo(data, lit)),
    colour: pointed >= 0 && pointed !== node ? theme.ink : theme.accent,
  };
  const looks = plan.nodes.map((_, index) => look(data, theme, marks, index));
  const order = [...plan.nodes.keys()].sort((a, b) => looks[a].layer - looks[b].layer);
  const start = plan.start;
  for (const index of order) {
    const to = plan.nodes[index];
    const from = data.parents[index] < 0 ? start : plan.nodes[data.parents[index]];
    if (unseen(view, from, to)) continue;
    const width = WIDTHS[0] + WIDTHS[1] * Math.exp(Math.min(0, data.log_probabilities[index]));
    pen.path(edge(from, to), { stroke: looks[index].ink, width });
  }
  if (order.length) pen.rect(start.x, start.y - 4, 8, 8, { fill: theme.quiet, radius: 4 });
  for (const index of order) {
    const at = plan.nodes[index];
    if (!unseen(view, at, at)) drawPiece(pen, at, plan, theme, looks[index], index === node);
  }
}

/**
 * @param {Seen | null} view
 * @param {Piece} from
 * @param {Piece} to
 */
function unseen(view, from, to) {
  return view !== null &&
    (to.x + to.w < view.left || from.x > view.right ||
      Math.max(from.y, to.y) < view.top - 30 || Math.min(from.y, to.y) > view.bottom + 30);
}

/**
 * @param {Pen} pen
 * @param {Node} piece
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Look} how
 * @param {boolean} picked
 */
function drawPiece(pen, { x, y, w, own, label, title, score }, plan, theme, how, picked) {
  /** @type {[number, number, number, number]} */
  const box = [x, y - plan.h / 2, w, plan.h];
  const weight = how.strong ? 600 : 400;
  if (how.strong) {
    pen.rect(...box, { fill: theme.paper, radius: 5 });
    pen.rect(...box, { fill: how.ink, opacity: 0.14, radius: 5 });
  }
  if (picked) pen.rect(...box, { stroke: theme.accent, width: 2.5, radius: 5 });
  const style = { size: SIZE, fill: how.text, weight };
  pen.text(x + PADDING, y, label, { ...style, title });
  if (!score) return;
  /** @type {[number, number, number, number]} */
  const place = [x + own, y - plan.h / 2 + 3, w - own - 4, plan.h - 6];
  pen.rect(...place, { stroke: how.ink, width: how.strong ? 1.5 : 1, radius: 4 });
  const middle = place[0] + place[2] / 2;
  pen.text(middle, y, score, { ...style, size: SIZE - 1, anchor: "middle" });
}
