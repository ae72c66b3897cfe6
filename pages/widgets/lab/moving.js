// Operations that move numbers about: views, pieces, joins, and numbers fetched by their places.
import { front, gridOf, isGrid, lanes, moved, places, reshaped, sizeOf, strides } from "./grid.js";
import { stretched, together } from "./grid.js";

/** @typedef {import("./grid.js").Grid} Grid */
/** @typedef {(...args: any[]) => any} Operation */

/** @type {(a: Grid, order: number[]) => Grid} */
function permuted(a, order) {
  const steps = strides(a.shape);
  const from = order.map((axis) => front(axis, a.shape.length));
  const shape = from.map((axis) => a.shape[axis]);
  return moved(a, shape, places(shape, from.map((axis) => steps[axis])));
}

/** @type {(a: Grid, one: number, other: number) => Grid} */
function exchanged(a, one, other) {
  const order = a.shape.map((_, axis) => axis);
  const [first, second] = [front(one, order.length), front(other, order.length)];
  [order[first], order[second]] = [order[second], order[first]];
  return permuted(a, order);
}

/** @type {(a: Grid, axis: number, start: number, end: number, step?: number) => Grid} */
function piece(a, axis, start, end, step = 1) {
  const along = front(axis, a.shape.length);
  const size = a.shape[along];
  const within = (/** @type {number} */ at) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  const [first, last] = [within(start), within(end)];
  const steps = strides(a.shape);
  const shape = a.shape.with(along, Math.max(0, Math.ceil((last - first) / step)));
  const stretch = steps.with(along, steps[along] * step);
  return moved(a, shape, places(shape, stretch, first * steps[along]));
}

/** @type {(a: Grid, axis: number, at: number) => Grid} */
function selected(a, axis, at) {
  const along = front(axis, a.shape.length);
  const from = at < 0 ? at + a.shape[along] : at;
  return reshaped(piece(a, along, from, from + 1), a.shape.toSpliced(along, 1));
}

/** @type {(a: Grid, axis: number, sizes: number[]) => Grid[]} */
function cut(a, axis, sizes) {
  let start = 0;
  return sizes.map((size) => piece(a, axis, start, start += size));
}

/** @type {(a: Grid, axis: number, size: number) => Grid[]} */
function cutEvenly(a, axis, size) {
  const whole = a.shape[front(axis, a.shape.length)];
  const count = Math.max(1, Math.ceil(whole / size));
  return cut(a, axis, Array.from({ length: count }, (_, at) => Math.min(size, whole - at * size)));
}

/** @type {(parts: Grid[], axis: number) => Grid} */
function joinedAlong(parts, axis) {
  const along = front(axis, parts[0].shape.length);
  const shape = parts[0].shape.with(along, parts.reduce((sum, one) => sum + one.shape[along], 0));
  /** @type {import("./grid.js").Cell[]} */
  const cells = new Array(sizeOf(shape));
  const steps = strides(shape);
  let start = 0;
  for (const grid of parts) {
    places(grid.shape, steps, start * steps[along]).forEach((to, at) => cells[to] = { grid, at });
    start += grid.shape[along];
  }
  const data = Float64Array.from(cells, ({ grid, at }) => grid.data[at]);
  return gridOf(shape, data, { how: "same", of: (at) => [cells[at]] }, parts[0].bool);
}

/** @type {(a: Grid, axis: number) => Grid} */
const unsqueezed = (a, axis) =>
  reshaped(a, a.shape.toSpliced(front(axis, a.shape.length + 1), 0, 1));

/** @type {(a: Grid, axes: number[]) => Grid} */
function squeezed(a, axes) {
  const gone = axes.map((axis) => front(axis, a.shape.length));
  return reshaped(a, a.shape.filter((size, axis) => size !== 1 || !gone.includes(axis)));
}

/** @type {(a: Grid, sizes: number[]) => Grid} One size may be left open as −1. */
function viewed(a, sizes) {
  const known = sizeOf(sizes.filter((size) => size !== -1));
  return reshaped(a, sizes.map((size) => size === -1 ? sizeOf(a.shape) / known : size));
}

/** @type {(a: Grid, sizes: number[]) => Grid} */
function expanded(a, sizes) {
  const lacking = sizes.length - a.shape.length;
  const shape = sizes.map((size, axis) => size === -1 ? a.shape[axis - lacking] : size);
  return moved(a, shape, stretched(a.shape, shape));
}

/** @type {(a: Grid, widths: number[], fill?: number) => Grid} Widths of the last axis come first. */
function padded(a, widths, fill = 0) {
  const axes = a.shape.length;
  const before = a.shape.map((_, axis) => widths[2 * (axes - 1 - axis)] ?? 0);
  const shape = a.shape.map((size, axis) =>
    size + before[axis] + (widths[2 * (axes - 1 - axis) + 1] ?? 0)
  );
  const steps = strides(a.shape);
  const map = Int32Array.from(
    { length: sizeOf(shape) },
    (_, at) =>
      shape.reduce((found, size, axis) => {
        const place = Math.floor(at / sizeOf(shape.slice(axis + 1))) % size - before[axis];
        const outside = found < 0 || place < 0 || place >= a.shape[axis];
        return outside ? -1 : found + place * steps[axis];
      }, 0),
  );
  return moved(a, shape, map, fill);
}

/** @type {(a: Grid, keep: (row: number, column: number) => boolean) => Grid} */
function corner(a, keep) {
  const [rows, columns] = a.shape.slice(-2);
  const map = Int32Array.from(
    a.data,
    (_, at) => keep(Math.floor(at / columns) % rows, at % columns) ? at : -1,
  );
  return moved(a, a.shape, map);
}

/** @type {(a: Grid, axes: number[]) => Grid} */
function flipped(a, axes) {
  const steps = strides(a.shape);
  const turned = axes.map((axis) => front(axis, steps.length));
  const start = turned.reduce((sum, axis) => sum + steps[axis] * (a.shape[axis] - 1), 0);
  const back = steps.map((step, axis) => turned.includes(axis) ? -step : step);
  return moved(a, a.shape, places(a.shape, back, start));
}

/** @type {(a: Grid, axis: number, index: Grid) => Grid} */
function gathered(a, axis, index) {
  const along = front(axis, a.shape.length);
  const steps = strides(a.shape);
  const others = places(index.shape, steps.with(along, 0));
  return moved(a, index.shape, others.map((at, one) => at + index.data[one] * steps[along]));
}

/**
 * Numbers by their places on some axes; null leaves an axis whole.
 * @type {(a: Grid, indices: (Grid | null)[]) => Grid}
 */
function indexed(a, indices) {
  const given = indices.map((one, axis) => ({ one, axis })).filter(({ one }) => one !== null);
  if (given.some(({ one }) => one?.bool)) throw new Error("index with yes and no");
  const wide = together(given.map(({ one }) => /** @type {Grid} */ (one).shape));
  const axes = given.map(({ axis }) => axis);
  const side = axes.every((axis, at) => axis === axes[0] + at) ? axes[0] : 0;
  const left = a.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const shape = left.map((axis) => a.shape[axis]).toSpliced(side, 0, ...wide);
  const steps = strides(a.shape);
  const still = left.map((axis) => steps[axis]).toSpliced(side, 0, ...wide.map(() => 0));
  const map = places(shape, still);
  const inner = sizeOf(shape.slice(side + wide.length));
  for (const { one, axis } of given) {
    const grid = /** @type {Grid} */ (one);
    const spread = stretched(grid.shape, wide);
    map.forEach((_, at) => {
      const place = grid.data[spread[Math.floor(at / inner) % spread.length]];
      map[at] += (place < 0 ? place + a.shape[axis] : place) * steps[axis];
    });
  }
  return moved(a, shape, map);
}

/**
 * A copy with other numbers at some places along an axis.
 * @type {(a: Grid, axis: number, index: Grid, from: Grid | number) => Grid}
 */
function scattered(a, axis, index, from) {
  const along = front(axis, a.shape.length);
  const steps = strides(a.shape);
  const data = Float64Array.from(a.data);
  /** @type {import("./grid.js").Cell[][]} */
  const cells = Array.from(a.data, (_, at) => [{ grid: a, at }]);
  const others = places(index.shape, steps.with(along, 0));
  const sources = isGrid(from) ? places(index.shape, strides(from.shape)) : null;
  others.forEach((start, at) => {
    const to = start + index.data[at] * steps[along];
    const number = isGrid(from) && sources ? from.data[sources[at]] : Number(from);
    data[to] = number;
    const made = [{ grid: index, at }];
    if (isGrid(from) && sources) made.unshift({ grid: from, at: sources[at] });
    cells[to] = made;
  });
  lanes(index.shape, [along]).forEach((lane) => {
    for (const at of lane) {
      const whole = Array.from(lane, (one) => ({ grid: index, at: one }));
      const to = others[at] + index.data[at] * steps[along];
      cells[to] = [...cells[to], ...whole];
    }
  });
  return gridOf(a.shape, data, { how: "placed", of: (at) => cells[at] }, a.bool);
}

const unchanged = (/** @type {Grid} */ a) => a;

/** @type {Record<string, Operation>} */
export const MOVING = {
  alias: unchanged,
  clone: unchanged,
  contiguous: unchanged,
  detach: unchanged,
  view: viewed,
  _unsafe_view: viewed,
  reshape: viewed,
  unsqueeze: unsqueezed,
  permute: permuted,
  transpose: exchanged,
  expand: expanded,
  t: (a) => a.shape.length < 2 ? a : exchanged(a, 0, 1),
  squeeze: (a) =>
    squeezed(a, a.shape.map((/** @type {number} */ _, /** @type {number} */ axis) => axis)),
  "squeeze.dim": (a, axis) => squeezed(a, [axis]),
  select: selected,
  constant_pad_nd: padded,
  flip: flipped,
  slice: (a, axis, start, end, step) => piece(a, axis, start ?? 0, end ?? Infinity, step),
  split: (a, size, axis) => cutEvenly(a, axis, size),
  split_with_sizes: (a, sizes, axis) => cut(a, axis, sizes),
  unbind: (a, axis) => cutEvenly(a, axis, 1).map((one) => squeezed(one, [axis])),
  cat: joinedAlong,
  stack: (parts, axis) =>
    joinedAlong(parts.map((/** @type {Grid} */ one) => unsqueezed(one, axis)), axis),
  tril: (a, above = 0) => corner(a, (row, column) => column <= row + above),
  triu: (a, above = 0) => corner(a, (row, column) => column >= row + above),
  gather: gathered,
  index: indexed,
  index_select: (a, axis, index) =>
    indexed(a, [...new Array(front(axis, a.shape.length)).fill(null), index]),
  "scatter.value": scattered,
  "scatter.src": scattered,
};
