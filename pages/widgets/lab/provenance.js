// Where a number comes from: back through the operations to the nearest stages that are shown.

/** @typedef {import("./grid.js").Cell} Cell */
/** @typedef {Map<import("./grid.js").Grid, {id: string, size: number[]}[]>} Named */
/** @typedef {import("./replay.js").Source} Source */

/**
 * The numbers of shown stages that one number was made of.
 * @type {(cell: Cell, named: Named) => Map<import("./grid.js").Grid, Set<number>>}
 */
export function ancestors({ grid, at }, named) {
  const found = new Map();
  const seen = new Map();
  const left = grid.origin ? grid.origin.of(at) : [];
  for (let cell = left.pop(); cell; cell = left.pop()) {
    const known = seen.get(cell.grid) ?? new Set();
    if (known.has(cell.at)) continue;
    seen.set(cell.grid, known.add(cell.at));
    if (named.has(cell.grid)) found.set(cell.grid, known);
    else if (cell.grid.origin) left.push(...cell.grid.origin.of(cell.at));
  }
  return found;
}

/**
 * The same as boxes on the stages' pictures: one where the numbers fill it, else one for each.
 * @type {(cell: Cell, named: Named) => Source[]}
 */
export function sourcesOf(cell, named) {
  return Array.from(ancestors(cell, named)).flatMap(([grid, places]) =>
    (named.get(grid) ?? []).flatMap(({ id, size }) => boxes(id, places, size))
  );
}

/** @type {(id: string, places: Set<number>, size: number[]) => Source[]} */
function boxes(id, places, [, rows, columns]) {
  const flat = new Set(Array.from(places, (at) => at % (rows * columns))); // whatever the head
  const cells = Array.from(flat, (at) => [Math.floor(at / columns), at % columns]);
  const [down, right] = [0, 1].map((axis) => cells.map((cell) => cell[axis]));
  const [top, left] = [Math.min(...down), Math.min(...right)];
  const [high, wide] = [Math.max(...down) - top + 1, Math.max(...right) - left + 1];
  if (high * wide === cells.length) return [[id, top, left, high, wide]];
  return cells.map(([row, column]) => [id, row, column, 1, 1]);
}
