import { equal, holds, THEME } from "../shared/fakes_test.js";
import { allowed, lines, lit, mean, viewPlan } from "./drawing.js";

const FULL = 65535;
const data = {
  rows: ["a", "b"],
  columns: ["x", "y", "z"],
  allowed: Uint8Array.of(1, 1, 1, 1, 0, 1),
};
const both = [
  { number: 0, weights: Uint16Array.of(FULL, 0, 0, 0, FULL, 0) },
  { number: 5, weights: Uint16Array.of(0, FULL, 0, 0, 0, FULL) },
];
const all = { queries: null, keys: null };
const plan = { from: 10, to: 110, y: (/** @type {number} */ index) => 10 * index };

Deno.test("a mean is over the heads that are shown and the queries asked for", () => {
  equal(mean(data, both, [0], 0), 0.5);
  equal(mean(data, both.slice(1), [0, 1], 2), 0.5);
  equal(mean(data, [], [0], 0), 0);
});

Deno.test("a mask forbids one look, and no mask none", () => {
  equal([allowed(data, 1, 1), allowed(data, 1, 2)], [false, true]);
  holds(allowed({ ...data, allowed: null }, 1, 1));
});

Deno.test("what is pointed at is lit beside what is pinned", () => {
  equal(lit([2], { side: 0, index: 4 }), { queries: [2, 4], keys: null });
  equal(lit([2], { side: 1, index: 4 }), { queries: [2], keys: [4] });
  equal(lit([], null), all);
});

Deno.test("lines are gathered by head and strength", () => {
  const found = lines(data, plan, both, all);
  equal(found.map(({ number, d }) => [number, d.length]), [[0, 2], [5, 2]]);
});

Deno.test("only the lines of the words in focus are drawn", () => {
  const found = lines(data, plan, both, { queries: [1], keys: [2] });
  equal(found.map(({ number, d }) => [number, d.length]), [[5, 1]]);
});

Deno.test("the columns keep inside the page", () => {
  for (const width of [340, 700, 1200]) {
    const found = viewPlan(data, width, THEME, { narrow: width < 560, shown: 12 });
    holds(found.x[0] >= 0 && found.to + found.words[1] <= width);
  }
});
