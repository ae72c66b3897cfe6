// @ts-check
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

/** @type {(x: number) => number} Halves go to the even neighbour, as in PyTorch. */
const rounded = (x) => {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 ? low + 1 : low;
};
/** @type {(x: number, y: number) => number} The rest has the sign of the divisor. */
const remainder = (x, y) => x - y * Math.floor(x / y);
const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));

/** @type {Record<string, Work>} */
const ONE = {
  abs: Math.abs,
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  floor: Math.floor,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
  relu: (x) => x > 0 ? x : 0,
  round: rounded,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sgn: Math.sign,
  sigmoid,
  sign: Math.sign,
  silu: (x) => x * sigmoid(x),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  tan: Math.tan,
  tanh: Math.tanh,
  trunc: Math.trunc,
};
/** @type {Record<string, Work>} */
const TWO = {
  atan2: Math.atan2,
  div: (x, y) => x / y,
  floor_divide: (x, y) => Math.floor(x / y),
  fmod: (x, y) => x % y,
  maximum: Math.max,
  minimum: Math.min,
  mul: (x, y) => x * y,
  pow: (x, y) => x ** y,
  remainder,
};
/** @type {Record<string, Work>} */
const YES_OR_NO = {
  eq: (x, y) => +(x === y),
  ge: (x, y) => +(x >= y),
  gt: (x, y) => +(x > y),
  isfinite: (x) => +Number.isFinite(x),
  isinf: (x) => +(Math.abs(x) === Infinity),
  isnan: (x) => +Number.isNaN(x),
  le: (x, y) => +(x <= y),
  logical_and: (x, y) => +(x && y ? 1 : 0),
  logical_not: (x) => +!x,
  logical_or: (x, y) => +(x || y ? 1 : 0),
  logical_xor: (x, y) => +(!x !== !y),
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
  "div.Tensor_mode": (a, b, mode) => {
    const end = { floor: Math.floor, trunc: Math.trunc }[/** @type {string} */ (mode)];
    return each("divided", (x, y) => end ? end(x / y) : x / y, [a, b]);
  },
  "bitwise_not": (a) => each("not", (x) => a.bool ? +!x : ~x, [a], a.bool),
  "bitwise_and": bits((x, y) => x & y),
  "bitwise_or": bits((x, y) => x | y),
  "bitwise_xor": bits((x, y) => x ^ y),
  add: (a, b, times = 1) => added(a, b, times),
  sub: (a, b, times = 1) => added(a, b, -times),
  rsub: (a, b, times = 1) => added(b, a, -times),
  addcmul: (a, b, c, times = 1) => each("addcmul", (x, y, z) => x + times * y * z, [a, b, c]),
  addcdiv: (a, b, c, times = 1) => each("addcdiv", (x, y, z) => x + times * y / z, [a, b, c]),
  lerp: (a, b, weight) => each("lerp", (x, y, w) => x + w * (y - x), [a, b, weight]),
  leaky_relu: (a, slope) => each("leaky_relu", (x) => x > 0 ? x : slope * x, [a]),
  elu: (a, alpha) => each("elu", (x) => x > 0 ? x : alpha * Math.expm1(x), [a]),
  softplus: (a, beta = 1, most = 20) =>
    each("softplus", (x) => beta * x > most ? x : Math.log1p(Math.exp(beta * x)) / beta, [a]),
  clamp: (a, least, most) =>
    atMost(least === null || least === undefined ? a : atLeast(a, least), most),
  hardtanh: (a, least, most) => atMost(atLeast(a, least), most),
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
