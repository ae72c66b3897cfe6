import { equal, holds, THEME } from "../shared/fakes_test.js";
import { Planes } from "../shared/planes.js";
import { allowed, lines, lit, looks, means, shares, viewPlan } from "./drawing.js";

const FULL = 65535;
const data = {
  rows: ["a", "b"],
  columns: ["x", "y", "z"],
  allowed: Uint8Array.of(1, 1, 1, 1, 0, 1),
};
const weights = Uint16Array.of(FULL, 0, 0, 0, FULL, 0, 0, FULL, 0, 0, 0, FULL);
const planes = Planes.of(weights, [2, 2, 3]);
const nothing = () => {};
const both = [0, 5].map((number, place) => ({
  number,
  share: shares(planes, place, nothing) ?? (() => NaN),
  row: (/** @type {number} */ query) => planes.row(place, query, nothing),
  column: (/** @type {number} */ key) => planes.column(place, key, nothing),
}));
const from = (/** @type {number} */ index) => ({ side: /** @type {const} */ (0), index });
const to = (/** @type {number} */ index) => ({ side: /** @type {const} */ (1), index });
const all = { queries: null, keys: null };
const plan = { from: 10, to: 110, y: (/** @type {number} */ index) => 10 * index };

Deno.test("a mean is over the words asked for, of each head that is shown", () => {
  equal(means(both, [from(0)])?.(0), [1, 0]);
  equal(means(both.slice(1), [from(0), from(1)])?.(2), [0.5]);
  equal([0, 1].map((query) => means(both, [to(1)])?.(query)), [[0, 1], [1, 0]]);
  equal(means([], [from(0)])?.(0), []);
});

Deno.test("no mean is told while one of its numbers is still to come", () => {
  const waiting = {
    ...both[0],
    row: (/** @type {number} */ query) => query ? null : both[0].row(0),
  };
  equal(looks([...both, waiting], from(1)), null);
  equal(means([...both, waiting], [from(0), from(1)]), null);
  equal(means([...both, waiting], [from(0)])?.(0), [1, 0, 1]);
});

Deno.test("a look is as strong as its share of its row's largest", () => {
  const half = Planes.of(Uint16Array.of(100, 50, 0, 0), [1, 2, 2]);
  const share = shares(half, 0, nothing);
  equal([share?.(0, 0), share?.(0, 1), share?.(1, 1)], [1, 0.5, 0]);
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
  equal(found.strokes.map(({ number, d }) => [number, d.length]), [[0, 2], [5, 2]]);
  equal([found.drawn, found.all], [4, 4]);
});

Deno.test("only the lines of the words in focus are drawn", () => {
  const found = lines(data, plan, both, { queries: [1], keys: [2] });
  equal(found.strokes.map(({ number, d }) => [number, d.length]), [[5, 1]]);
});

Deno.test("of too many lines the strongest are drawn, and of equal ones some everywhere", () => {
  const labels = [...Array(10).keys()].map(String);
  const crowd = { rows: labels, columns: labels };
  const flat = { ...plan, y: () => 7 };
  const strengths = (/** @type {number} */ query) => query === 4 ? 1 : 0.5;
  const head = { ...both[0], share: strengths };
  equal(lines(crowd, flat, [head], all, 9000).drawn, 55);
  const found = lines(crowd, plan, [head], all, 30 * 133);
  equal(found.strokes.map(({ level, d }) => [level, d.length]), [[6, 18], [12, 10]]);
  equal([found.drawn, found.all], [28, 100]);
  const starts = new Set(found.strokes[0].d.map((path) => path.split(",")[1].split("C")[0]));
  equal(starts.size, 9);
  equal(lines(crowd, plan, [head], all, 10 * 125 + 1).strokes.map(({ d }) => d.length), [1, 10]);
});

Deno.test("the columns keep inside the page", () => {
  for (const width of [340, 700, 1200]) {
    const found = viewPlan(data, width, THEME, { narrow: width < 560, shown: 12 });
    holds(found.x[0] >= 0 && found.to + found.words[1] <= width);
  }
});
