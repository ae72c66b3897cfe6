// Rows of a tree that grows to the right: in no column do two nodes share one, and no edges cross.

/** The nodes after each node and after the start, the main one first: chosen, else likeliest. */
export function followers({ parents, chosen, totals }) {
  const after = Array.from(parents, () => []);
  const first = [];
  parents.forEach((parent, node) => (parent < 0 ? first : after[parent]).push(node));
  for (const nodes of [first, ...after]) {
    nodes.sort((a, b) => chosen[b] - chosen[a] || totals[b] - totals[a]);
  }
  return { first, after };
}

/** How far down a branch must go to lie below what is there, column by column. */
function clearBelow(there, branch) {
  const shared = Math.min(there.bottom.length, branch.top.length);
  let least = -Infinity;
  for (let column = 0; column < shared; column++) {
    least = Math.max(least, there.bottom[column] - branch.top[column] + 1);
  }
  return least;
}

function clearAbove(there, branch) {
  const shared = Math.min(there.top.length, branch.bottom.length);
  let most = Infinity;
  for (let column = 0; column < shared; column++) {
    most = Math.min(most, there.top[column] - branch.bottom[column] - 1);
  }
  return most;
}

function include(there, branch, shift) {
  branch.top.forEach((top, column) => {
    const [up, down] = [top + shift, branch.bottom[column] + shift];
    there.top[column] = Math.min(there.top[column] ?? up, up);
    there.bottom[column] = Math.max(there.bottom[column] ?? down, down);
  });
}

/**
 * A row for each node, counted from 0 at the top, and one for the start. A node stands in the row
 * of its main follower, so the chosen way is a straight line; the others go below and above it in
 * turn, as close as their own branches let them. Parents come before their followers.
 */
export function treeRows(tree) {
  const { first, after } = followers(tree);
  const shifts = new Array(after.length).fill(0);
  const outlines = [];
  const gathered = (nodes) => {
    const there = { top: [], bottom: [] };
    nodes.forEach((node, place) => {
      if (place) shifts[node] = (place % 2 ? clearBelow : clearAbove)(there, outlines[node]);
      include(there, outlines[node], shifts[node]);
    });
    return there;
  };
  for (let node = after.length - 1; node >= 0; node--) {
    const { top, bottom } = gathered(after[node]);
    outlines[node] = { top: [0, ...top], bottom: [0, ...bottom] };
  }
  const whole = gathered(first);
  const start = -Math.min(0, ...whole.top);
  const rows = [];
  tree.parents.forEach((parent, node) => {
    rows[node] = (parent < 0 ? start : rows[parent]) + shifts[node];
  });
  return { rows, start, count: start + Math.max(0, ...whole.bottom) + 1 };
}
