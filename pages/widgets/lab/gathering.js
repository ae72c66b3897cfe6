// Operations on many numbers at once: sums, products of matrices, shares, order.
import { front, gridOf, lanes, picked, sizeOf } from "./grid.js";
import { ELEMENTWISE } from "./elementwise.js";

/** @typedef {import("./grid.js").Grid} Grid */
/** @typedef {(numbers: Float64Array) => number} Gather */
/** @typedef {(...args: any[]) => any} Operation */

/** @type {(a: Grid, axes: number | number[] | null | undefined) => number[]} None: all. */
function alongOf(a, axes) {
  const given = axes === null || axes === undefined ? [] : [axes].flat();
  return given.length ? given.map((axis) => front(axis, a.shape.length)) : a.shape.map((_, i) => i);
}

/** @type {(shape: number[], along: number[], keep: boolean) => number[]} */
const shrunk = (shape, along, keep) =>
  keep
    ? shape.map((size, axis) => along.includes(axis) ? 1 : size)
    : shape.filter((_, axis) => !along.includes(axis));

/** @type {(grid: Grid, lane: ArrayLike<number>) => import("./grid.js").Cell[]} */
const cellsOf = (grid, lane) => Array.from(lane, (at) => ({ grid, at }));

/** @type {(how: string, work: Gather, a: Grid, axes?: any, keep?: boolean, bool?: boolean) => Grid} */
function gather(how, work, a, axes, keep = false, bool = false) {
  const along = alongOf(a, axes);
  const stretches = a.shape.length ? lanes(a.shape, along) : [Int32Array.of(0)];
  const data = new Float64Array(stretches.length);
  const numbers = new Float64Array(stretches[0]?.length ?? 0);
  for (let at = 0; at < data.length; at++) data[at] = work(picked(a.data, stretches[at], numbers));
  const of = (/** @type {number} */ at) => cellsOf(a, stretches[at]);
  return gridOf(shrunk(a.shape, along, keep), data, { how, of }, bool);
}

/**
 * A lane becomes a lane of the same or of another length: a running sum, shares, an order.
 * @type {(how: string, work: (numbers: Float64Array) => ArrayLike<number>, a: Grid, axis: number,
 *   size?: number) => Grid}
 */
function along(how, work, a, axis, size) {
  if (!a.shape.length) {
    return gridOf([], work(Float64Array.from(a.data)), { how, of: () => [{ grid: a, at: 0 }] });
  }
  const place = front(axis, a.shape.length);
  const shape = a.shape.with(place, size ?? a.shape[place]);
  const stretches = lanes(a.shape, [place]);
  const data = new Float64Array(sizeOf(shape));
  const lane = new Int32Array(data.length);
  const numbers = new Float64Array(a.shape[place]);
  lanes(shape, [place]).forEach((to, one) => {
    const found = work(picked(a.data, stretches[one], numbers));
    to.forEach((at, position) => {
      data[at] = found[position];
      lane[at] = one;
    });
  });
  return gridOf(shape, data, { how, of: (at) => cellsOf(a, stretches[lane[at]]) });
}

/** Loops, not `reduce`: these are asked most often. @type {Gather} */
function total(x) {
  let sum = 0;
  for (let at = 0; at < x.length; at++) sum += x[at];
  return sum;
}
/** @type {Gather} */
function most(x) {
  let best = -Infinity;
  for (let at = 0; at < x.length; at++) if (x[at] > best) best = x[at];
  return best;
}
const least = (/** @type {Float64Array} */ x) =>
  x.reduce((best, y) => y < best ? y : best, Infinity);
const mean = (/** @type {Float64Array} */ x) => total(x) / x.length;
const logSum = (/** @type {Float64Array} */ x) => {
  const peak = most(x);
  return Number.isFinite(peak) ? peak + Math.log(total(x.map((y) => Math.exp(y - peak)))) : peak;
};
const shares = (/** @type {Float64Array} */ x) => {
  const sum = logSum(x);
  return x.map((y) => Math.exp(y - sum));
};
const norm = (/** @type {Float64Array} */ x, power = 2) =>
  power === Infinity
    ? most(x.map(Math.abs))
    : total(x.map((y) => Math.abs(y) ** power)) ** (1 / power);
/** @type {(x: Float64Array) => Float64Array} */
const running = (x) => {
  let sum = 0;
  return x.map((y) => sum += y);
};
/** @type {(x: Float64Array, falling: boolean) => number[]} Places in order; equals as they stand. */
const order = (x, falling) =>
  Array.from(x.keys()).sort((a, b) => (falling ? x[b] - x[a] : x[a] - x[b]) || a - b);
/** @type {(a: Grid, axis: number, falling: boolean, size?: number) => Grid[]} */
const sorted = (a, axis, falling, size) => {
  const cutTo = (/** @type {Float64Array} */ x) => order(x, falling).slice(0, size ?? x.length);
  return [
    along("sorted", (x) => cutTo(x).map((at) => x[at]), a, axis, size),
    along("order", cutTo, a, axis, size),
  ];
};

/** @type {(a: Grid, b: Grid) => Grid} (…, row, inner) times (…, inner, column), as many of both. */
function products(a, b) {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const shape = [...a.shape.slice(0, -1), columns];
  const data = new Float64Array(sizeOf(shape));
  const left = (/** @type {number} */ at) => Math.floor(at / columns) * inner;
  const right = (/** @type {number} */ at) =>
    Math.floor(at / (rows * columns)) * inner * columns + at % columns;
  for (let at = 0; at < data.length; at++) {
    let sum = 0;
    for (let i = 0, one = left(at), other = right(at); i < inner; i++, one++, other += columns) {
      sum += a.data[one] * b.data[other];
    }
    data[at] = sum;
  }
  const of = (/** @type {number} */ at) => {
    return Array.from({ length: inner }, (_, i) => [
      { grid: a, at: left(at) + i },
      { grid: b, at: right(at) + i * columns },
    ]).flat();
  };
  return gridOf(shape, data, { how: "product", of });
}

/** @type {(bias: Grid, product: Grid, beta?: number, alpha?: number) => Grid} */
const biased = (bias, product, beta = 1, alpha = 1) =>
  ELEMENTWISE.add(
    alpha === 1 ? product : ELEMENTWISE.mul(product, alpha),
    beta === 1 ? bias : ELEMENTWISE.mul(bias, beta),
  );
const yes = (/** @type {Float64Array} */ x) => +x.some(Boolean);
/** @type {(how: string, best: Gather, a: Grid, axis: number, keep?: boolean) => Grid[]} */
const bestAlong = (how, best, a, axis, keep) => [
  gather(how, best, a, axis, keep),
  gather("place", (x) => x.indexOf(best(x)), a, axis, keep),
];
/** @type {(best: Gather) => Operation} */
const placeOf = (best) => (a, axis, keep) =>
  gather("place", (x) => x.indexOf(best(x)), a, axis, axis === null ? false : keep);

/** @type {Record<string, Operation>} */
export const GATHERING = {
  sum: (a) => gather("sum", total, a),
  "sum.dim_IntList": (a, axes, keep) => gather("sum", total, a, axes, keep),
  mean: (a) => gather("mean", mean, a),
  "mean.dim": (a, axes, keep) => gather("mean", mean, a, axes, keep),
  amax: (a, axes, keep) => gather("most", most, a, axes, keep),
  amin: (a, axes, keep) => gather("least", least, a, axes, keep),
  max: (a) => gather("most", most, a),
  min: (a) => gather("least", least, a),
  "max.other": (a, b) => ELEMENTWISE.maximum(a, b),
  "min.other": (a, b) => ELEMENTWISE.minimum(a, b),
  "max.dim": (a, axis, keep) => bestAlong("most", most, a, axis, keep),
  argmax: placeOf(most),
  any: (a) => gather("any", yes, a, null, false, true),
  "any.dim": (a, axis, keep) => gather("any", yes, a, axis, keep, true),
  logsumexp: (a, axes, keep) => gather("logsumexp", logSum, a, axes, keep),
  linalg_vector_norm: (a, power, axes, keep) =>
    gather(power === 2 ? "norm" : "norms", (x) => norm(x, power), a, axes, keep),
  _softmax: (a, axis) => along("softmax", shares, a, axis),
  _log_softmax: (a, axis) => along("log_softmax", (x) => x.map((y) => y - logSum(x)), a, axis),
  cumsum: (a, axis) => along("cumsum", running, a, axis),
  sort: (a, axis, falling) => sorted(a, axis, falling),
  "sort.stable": (a, _stable, axis, falling) => sorted(a, axis, falling),
  argsort: (a, axis, falling) => sorted(a, axis, falling)[1],
  topk: (a, count, axis, largest) => sorted(a, axis, largest, count),
  mm: products,
  bmm: products,
  addmm: (bias, a, b, beta, alpha) => biased(bias, products(a, b), beta, alpha),
  baddbmm: (bias, a, b, beta, alpha) => biased(bias, products(a, b), beta, alpha),
};
