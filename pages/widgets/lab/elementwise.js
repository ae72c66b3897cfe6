// Operations on each number by itself: their names are PyTorch's, without "aten".
import { gridOf, isGrid, literal, sizeOf, stretched, together } from "./grid.js";

/** @typedef {import("./grid.js").Grid} Grid */
/** @typedef {(...numbers: number[]) => number} Work */
/** @typedef {(...args: any[]) => any} Operation */

/**
 * One function of the numbers at the same place, axes of size 1 stretched.
 * @type {(how: string, work: Work, given: (Grid | number | boolean)[], bool?: boolean) => Grid}
 */
export function each(how, work, given, bool = false) {
  const grids = given.map((one) => isGrid(one) ? one : literal(one));
  const shape = together(grids.map((grid) => grid.shape));
  const size = sizeOf(shape);
  const maps = grids.map((grid) => grid.data.length === size ? null : stretched(grid.shape, shape));
  const data = applied(work, grids.map((grid) => grid.data), maps, size);
  const of = (/** @type {number} */ at) =>
    grids.map((grid, one) => ({ grid, at: placeIn(maps[one], at) }));
  return gridOf(shape, data, { how, of }, bool);
}

/** Where a number comes from; without a map from the same place. @type {(map: Int32Array | null, at: number) => number} */
const placeIn = (map, at) => map ? map[at] : at;

/**
 * One, two or three arguments, each with a loop of its own: a spread would cost more than the work.
 * @type {(work: Work, data: ArrayLike<number>[], maps: (Int32Array | null)[], size: number) =>
 *   Float64Array}
 */
function applied(work, data, maps, size) {
  const found = new Float64Array(size);
  const [a, b, c] = data;
  const [i, j, k] = maps;
  if (data.length === 1) { for (let at = 0; at < size; at++) found[at] = work(a[at]); }
  else if (data.length === 2) {
    for (let at = 0; at < size; at++) found[at] = work(a[placeIn(i, at)], b[placeIn(j, at)]);
  } else {
    for (let at = 0; at < size; at++) {
      found[at] = work(a[placeIn(i, at)], b[placeIn(j, at)], c[placeIn(k, at)]);
    }
  }
  return found;
}

const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));

/** @type {Record<string, Work>} */
const ONE = {
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  log: Math.log,
  log2: Math.log2,
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
  relu: (x) => x > 0 ? x : 0,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sigmoid,
  sign: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  tanh: Math.tanh,
};
/** @type {Record<string, Work>} */
const TWO = {
  div: (x, y) => x / y,
  maximum: Math.max,
  minimum: Math.min,
  mul: (x, y) => x * y,
  pow: (x, y) => x ** y,
};
/** @type {Record<string, Work>} */
const YES_OR_NO = {
  eq: (x, y) => +(x === y),
  ge: (x, y) => +(x >= y),
  gt: (x, y) => +(x > y),
  le: (x, y) => +(x <= y),
  logical_and: (x, y) => +(x && y ? 1 : 0),
  logical_not: (x) => +!x,
  logical_or: (x, y) => +(x || y ? 1 : 0),
  lt: (x, y) => +(x < y),
  ne: (x, y) => +(x !== y),
};

/** @type {(table: Record<string, Work>, count: number, bool?: boolean) => Record<string, Operation>} */
const through = (table, count, bool = false) =>
  Object.fromEntries(
    Object.entries(table).map(([name, work]) => [
      name,
      (...given) => each(name, work, given.slice(0, Math.min(count, work.length || count)), bool),
    ]),
  );
/** @type {(work: Work) => Operation} Of yes and no, or of the bits of whole numbers. */
const bits = (work) => (a, b) => each("bits", work, [a, b], a.bool && (!isGrid(b) || b.bool));

/** @type {Record<string, Operation>} */
export const ELEMENTWISE = {
  ...through(ONE, 1),
  ...through(TWO, 2),
  ...through(YES_OR_NO, 2, true),
  "bitwise_not": (a) => each("not", (x) => a.bool ? +!x : ~x, [a], a.bool),
  "bitwise_and": bits((x, y) => x & y),
  "bitwise_or": bits((x, y) => x | y),
  add: (a, b, times = 1) => added(a, b, times),
  sub: (a, b, times = 1) => added(a, b, -times),
  rsub: (a, b, times = 1) => added(b, a, -times),
  leaky_relu: (a, slope) => each("leaky_relu", (x) => x > 0 ? x : slope * x, [a]),
  clamp: (a, least, most) =>
    atMost(least === null || least === undefined ? a : atLeast(a, least), most),
  clamp_min: (a, least) => atLeast(a, least),
  clamp_max: (a, most) => atMost(a, most),
  where: (which, a, b) => each("where", (w, x, y) => w ? x : y, [which, a, b], a.bool),
  masked_fill: (a, which, fill) => each("where", (w, x, y) => w ? x : y, [which, fill, a], a.bool),
  _to_copy: (a, kind) => turnedInto(a, kind),
};

/** @type {(a: Grid, b: Grid | number, times: number) => Grid} */
function added(a, b, times) {
  if (times === 1) return each("add", (x, y) => x + y, [a, b]);
  if (times === -1) return each("sub", (x, y) => x - y, [a, b]);
  return each("added", (x, y) => x + times * y, [a, b]);
}

/** @type {(a: Grid, least: Grid | number) => Grid} */
const atLeast = (a, least) => each("maximum", (x, y) => x < y ? y : x, [a, least]);
/** @type {(a: Grid, most: Grid | number | null) => Grid} */
const atMost = (a, most) =>
  most === null || most === undefined ? a : each("minimum", (x, y) => x > y ? y : x, [a, most]);

/** @type {(a: Grid, kind: string | null) => Grid} Numbers of another kind: whole, yes or no. */
function turnedInto(a, kind) {
  if (kind === "bool") return each("turned", (x) => +(x !== 0), [a], true);
  if (kind && /^u?int/.test(kind)) return each("same", Math.trunc, [a]);
  return each("same", (x) => x, [a], kind === null && a.bool);
}
