// A small program by hand: its stages, where their numbers come from, and the sums written out.
import { distance, fits, gridFrom, worked } from "./replay.js";

/** @type {import("./replay.js").Program} two queries, three keys: softmax(q k / √4) v */
const PROGRAM = {
  inputs: { query: 0, key: 1, value: 2, allowed: 3 },
  parameters: { matrix: [4, [2, 2]] },
  constants: { 5: { shape: [], bool: false, numbers: ["-Infinity"] } },
  steps: [
    ["t", ["%1"], [6]],
    ["mm", ["%0", "%6"], [7]],
    ["div.Tensor", ["%7", 2], [8]],
    ["bitwise_not", ["%3"], [9]],
    ["masked_fill.Tensor", ["%8", "%9", "%5"], [10]],
    ["amax", ["%10", [-1], true], [11]],
    ["sub.Tensor", ["%10", "%11", 1], [12]],
    ["exp", ["%12"], [13]],
    ["sum.dim_IntList", ["%13", [-1], true, null], [14]],
    ["div.Tensor", ["%13", "%14"], [15]],
    ["mm", ["%15", "%2"], [16]],
  ],
  stages: [
    { id: "query", place: 0, size: [1, 2, 2], rows: "query", columns: "width", shares: false },
    { id: "key", place: 1, size: [1, 3, 2], rows: "key", columns: "width", shares: false },
    { id: "value", place: 2, size: [1, 3, 2], rows: "value", columns: "width", shares: false },
    { id: "scores", place: 7, size: [1, 2, 3], rows: "query", columns: "key", shares: false },
    { id: "scaled", place: 8, size: [1, 2, 3], rows: "query", columns: "key", shares: false },
    { id: "allowed", place: 3, size: [1, 2, 3], rows: "query", columns: "key", shares: false },
    { id: "weights", place: 15, size: [1, 2, 3], rows: "query", columns: "key", shares: true },
    { id: "context", place: 16, size: [1, 2, 2], rows: "query", columns: "width", shares: false },
  ],
};
const GIVEN = {
  query: gridFrom([[1, 2], [3, 0]]),
  key: gridFrom([[1, 0], [-1, 1], [0, 5]]),
  value: gridFrom([[1, 0], [0, 1], [7, 7]]),
  allowed: gridFrom([[true, true, false], [true, true, true]]),
};
const STAGES = worked(PROGRAM, GIVEN, { matrix: gridFrom([[1, 2], [3, 4]]) });
const named = (/** @type {string} */ id) => {
  const found = STAGES.find((stage) => stage.id === id);
  if (!found?.from || !found.say) throw new Error(`There is no ${id}`);
  return { heads: found.heads, from: found.from, say: found.say };
};
/** @type {(found: unknown, wanted: unknown) => void} */
function equal(found, wanted) {
  const [one, other] = [found, wanted].map((x) => JSON.stringify(x));
  if (one !== other) throw new Error(`${one}, not ${other}`);
}

Deno.test("every stage has its numbers, those of masks as yes and no", () => {
  equal(STAGES.map(({ id }) => id), PROGRAM.stages.map(({ id }) => id));
  equal(named("scores").heads, [[[1, 1, 10], [3, -3, 0]]]);
  equal(named("allowed").heads[0][0], [true, true, false]);
  equal(named("weights").heads[0][0], [0.5, 0.5, 0]);
  equal(named("context").heads[0][0], [0.5, 0.5]);
});

Deno.test("a product lights its row and its column, a share its whole row", () => {
  equal(named("scores").from(0, 2).toSorted(), [["key", 2, 0, 1, 2], ["query", 0, 0, 1, 2]]);
  equal(named("scaled").from(1, 2), [["scores", 1, 2, 1, 1]]);
  equal(named("weights").from(1, 0).toSorted(), [["allowed", 1, 0, 1, 3], ["scaled", 1, 0, 1, 3]]);
  equal(named("context").from(1, 1).toSorted(), [["value", 0, 1, 3, 1], ["weights", 1, 0, 1, 3]]);
  equal(named("query").from(0, 0), []);
});

Deno.test("the sum behind a number is written out", () => {
  equal(named("scores").say(0, 1, 1), "3·(−1) + 0·1");
  equal(named("scaled").say(0, 1, 1), "−3 / √4");
  equal(named("weights").say(0, 0, 0), "e^0.5 / (e^0.5 + e^0.5)");
  equal(named("weights").say(0, 0, 2), "");
  equal(named("context").say(0, 0, 1), "0.5·0 + 0.5·1 + 0·7");
  equal(named("query").say(0, 0, 0), "");
});

Deno.test("an operation that there is none of is refused", () => {
  const steps = /** @type {any} */ ([["fft_fft", ["%0"], [20]]]);
  let refused = "";
  try {
    worked({ ...PROGRAM, steps }, GIVEN, {});
  } catch (problem) {
    refused = String(problem);
  }
  equal(refused, "Error: There is no operation fft_fft");
});

Deno.test("parameters fit by their sizes", () => {
  equal(fits(PROGRAM, { matrix: gridFrom([[1, 2], [3, 4]]) }), true);
  equal(fits(PROGRAM, { matrix: gridFrom([[1, 2, 3]]) }), false);
  equal(fits(PROGRAM, {}), false);
});

Deno.test("the distance of stages that do not match is not small", () => {
  equal(distance([[[1, 2]]], [[[1, 2.5]]]), 0.5);
  equal(distance([[[true]]], [[[true]]]), 0);
  equal(distance([[[-Infinity]]], [[[-Infinity]]]), 0);
  equal([distance([[[1]]], []), distance([[[NaN]]], [[[1]]])].every((x) => x === Infinity), true);
});
