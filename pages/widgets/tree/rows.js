// Rows of a tree that grows to the right: in no column do two nodes share one, and no edges cross.

/** @typedef {{ parents: ArrayLike<number>, chosen: ArrayLike<number | boolean>, totals: ArrayLike<number> }} Beam */
/** @typedef {{ first: number[], after: number[][] }} Followers */
/** @typedef {[number[], number, keyof Column | null]} Waiting nodes, their depth, their side */
/** @typedef {{ above: number[], below: number[] }} Column */

/**
 * The nodes after each node and after the start, the main one first: chosen, else likeliest.
 * @param {Beam} beam
 * @returns {Followers}
 */
export function followers({ parents, chosen, totals }) {
  /** @type {number[][]} */
  const after = Array.from(parents, () => []);
  /** @type {number[]} */
  const first = [];
  Array.from(parents).forEach((parent, node) => (parent < 0 ? first : after[parent]).push(node));
  for (const nodes of [first, ...after]) {
    nodes.sort((a, b) => Number(chosen[b]) - Number(chosen[a]) || totals[b] - totals[a]);
  }
  return { first, after };
}

/**
 * From top to bottom: the main follower, the others below and above it in turn.
 * @param {number[]} nodes
 * @param {number} depth
 */
function arranged(nodes, depth) {
  /** @type {number[]} */
  const down = [];
  nodes.forEach((node, place) => {
    if ((place + depth) % 2) down.push(node);
    else down.unshift(node);
  });
  return down;
}

/**
 * Each column's nodes above and below the trunk, those next to it first. The trunk is the way of
 * main followers from the start.
 * @param {Followers} followers
 */
function columnsOf({ first, after }) {
  const trunk = new Set();
  for (let node = first[0]; node !== undefined; node = after[node][0]) trunk.add(node);
  /** @type {Column[]} */
  const columns = [];
  /** @type {(nodes: number[], depth: number, side: keyof Column | null) => Waiting[]} */
  const visit = (nodes, depth, side) => {
    const column = columns[depth] ??= { above: [], below: [] };
    const down = arranged(nodes, depth);
    const main = side ? -1 : down.indexOf(nodes[0]);
    return down.map((node, place) => {
      const own = side ?? (place < main ? "above" : "below");
      if (!trunk.has(node)) column[own].push(node);
      return [after[node], depth + 1, trunk.has(node) ? null : own];
    });
  };
  /** @type {Waiting[]} */
  const waiting = [[first, 0, null]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next[0].length) waiting.push(...visit(...next).reverse());
  }
  columns.forEach(({ above }) => above.reverse());
  return columns;
}

/**
 * How far each node of one side lies from the trunk: as far as its parent where there is room.
 * @param {number[]} distances
 * @param {number[][]} lists
 * @param {ArrayLike<number>} parents
 */
function setDistances(distances, lists, parents) {
  const most = lists.reduce((largest, list) => Math.max(largest, list.length), 0);
  for (const list of lists) {
    let before = 0;
    list.forEach((node, place) => {
      const outside = list.length - 1 - place;
      const wished = Math.max(before + 1, distances[parents[node]] ?? 0);
      before = distances[node] = Math.min(wished, most - outside);
    });
  }
  return most;
}

/**
 * A row for each node, counted from 0 at the top, and one for the start. The chosen way is a
 * straight line, other ways are as straight as they can be, and the tree is no higher than its
 * fullest columns above and below the chosen way.
 * @param {Beam} tree
 */
export function treeRows(tree) {
  const columns = columnsOf(followers(tree));
  /** @type {number[]} */
  const distances = new Array(tree.parents.length).fill(0);
  const sides = /** @type {const} */ (["above", "below"]).map((side) =>
    columns.map((column) => column[side])
  );
  const [up, down] = sides.map((lists) => setDistances(distances, lists, tree.parents));
  const above = new Set(sides[0].flat());
  const rows = distances.map((distance, node) => up + (above.has(node) ? -distance : distance));
  return { rows, start: up, count: up + 1 + down };
}
