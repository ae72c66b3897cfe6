// Numbers on any number of axes, each of which knows the numbers that it was made of.

/**
 * @typedef {{grid: Grid, at: number}} Cell  one number, by its place in row-major order
 *
 * @typedef {object} Origin
 * @property {string} how  the operation, as it is written out: see saying.js
 * @property {(at: number) => Cell[]} of  what one number was made of, in the operation's order
 *
 * @typedef {object} Grid
 * @property {number[]} shape
 * @property {ArrayLike<number>} data  in row-major order
 * @property {Origin | null} origin  null: a number that is given
 * @property {boolean} [bool]  1 and 0 stand for yes and no
 * @property {boolean} [literal]  written in the program itself
 */

/** Sizes whose places are oncePerSize. */
const MOST_SIZES = 500;

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** @type {(shape: number[], data: ArrayLike<number>, origin?: Origin | null, bool?: boolean) => Grid} */
export const gridOf = (shape, data, origin = null, bool = false) => ({ shape, data, origin, bool });

/** @type {(number: number | boolean) => Grid} A number of the program as a grid without axes. */
export const literal = (number) => ({
  ...gridOf([], [Number(number)], null, typeof number === "boolean"),
  literal: true,
});

/** @type {(given: unknown) => given is Grid} */
export const isGrid = (given) => typeof given === "object" && given !== null && "data" in given;

/** @type {(axis: number, axes: number) => number} An axis counted from the front. */
export const front = (axis, axes) => axis < 0 ? axis + axes : axis;

/** How far apart neighbours of each axis lie. @param {number[]} shape */
export function strides(shape) {
  const found = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    found[axis] = found[axis + 1] * shape[axis + 1];
  }
  return found;
}

/**
 * For each place of a shape the sum of its coordinates times `steps`: where a view of other numbers
 * finds them.
 * @type {(shape: number[], steps: number[], start?: number) => Int32Array}
 */
export function places(shape, steps, start = 0) {
  const found = new Int32Array(sizeOf(shape)).fill(start);
  let block = found.length;
  shape.forEach((size, axis) => {
    block /= size || 1;
    if (steps[axis]) {
      for (let at = 0; at < found.length; at++) {
        found[at] += (Math.floor(at / block) % size) * steps[axis];
      }
    }
  });
  return found;
}

/** @type {(data: ArrayLike<number>, map: ArrayLike<number>, found: Float64Array, fill?: number) => Float64Array} */
export function picked(data, map, found, fill = 0) {
  for (let at = 0; at < map.length; at++) found[at] = map[at] < 0 ? fill : data[map[at]];
  return found;
}

/**
 * Numbers of another grid in other places; −1 is a place that gets `fill`.
 * @type {(source: Grid, shape: number[], map: ArrayLike<number>, fill?: number) => Grid}
 */
export function moved(source, shape, map, fill = 0) {
  const data = picked(source.data, map, new Float64Array(map.length), fill);
  const of = (/** @type {number} */ at) => map[at] < 0 ? [] : [{ grid: source, at: map[at] }];
  return gridOf(shape, data, { how: "same", of }, source.bool);
}

/** @type {(source: Grid, shape: number[]) => Grid} The same numbers in the same order. */
export const reshaped = (source, shape) =>
  gridOf(shape, source.data, { how: "same", of: (at) => [{ grid: source, at }] }, source.bool);

/** The shape that holds them all, axes of size 1 stretched. @param {number[][]} shapes */
export function together(shapes) {
  const wide = shapes.find((shape) => shape.length) ?? [];
  const alike = (/** @type {number[]} */ shape) =>
    !shape.length || shape === wide || String(shape) === String(wide);
  if (shapes.every(alike)) return wide;
  const axes = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: axes }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - axes + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/**
 * A function of sizes that is worked out once for each: a program has few sizes and many steps.
 * @template Found
 * @param {(one: number[], other: number[]) => Found} work
 * @returns {(one: number[], other: number[]) => Found}
 */
function oncePerSize(work) {
  /** @type {Map<string, Found>} */
  const known = new Map();
  return (one, other) => {
    const key = `${one};${other}`;
    const found = known.get(key) ?? work(one, other);
    if (known.size > MOST_SIZES) known.clear();
    known.set(key, found);
    return found;
  };
}

/** For each place of a wide shape the place in one whose axes are stretched. */
export const stretched = oncePerSize((shape, wide) => {
  const steps = strides(shape);
  const lacking = wide.length - shape.length;
  return places(
    wide,
    wide.map((_, axis) => (shape[axis - lacking] ?? 1) === 1 ? 0 : steps[axis - lacking]),
  );
});

/** The places of each stretch along some axes, one stretch for each place of the others. */
export const lanes = oncePerSize((shape, axes) => {
  const steps = strides(shape);
  const along = axes.map((axis) => front(axis, shape.length));
  const others = shape.map((_, axis) => axis).filter((axis) => !along.includes(axis));
  const pick = (/** @type {number[]} */ kept) =>
    places(kept.map((axis) => shape[axis]), kept.map((axis) => steps[axis]));
  const inside = pick(along.toSorted((a, b) => a - b));
  return Array.from(pick(others), (start) => inside.map((step) => start + step));
});
