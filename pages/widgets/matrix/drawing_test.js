import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import { Planes } from "../shared/planes.js";
import { blocked, drawMatrix, matrixPlan, rowScale, shadeScale } from "./drawing.js";
import { labelled } from "./labels.js";

const framed = { id: "m", text: {}, choices: { turn: "" }, title: "", caption: "", name: "m" };
const weights = Float32Array.of(0.5, 0.25, 0.25, 0, 1, 0);
const data = {
  ...framed,
  rows: ["a", "b"],
  columns: ["x", "y", "z"],
  weights: Planes.of(weights, [2, 3]),
  allowed: Uint8Array.of(1, 1, 1, 0, 1, 0),
  found: [],
  drawing: false,
};

/**
 * @param {number} count
 * @param {number} width
 */
const planOf = (count, width) => {
  const names = Array.from({ length: count }, (_, i) => String(i));
  return matrixPlan({ rows: names, columns: names }, width, THEME, 16);
};

const SHARES = [0, 1, 2, 3, 4, 5];

Deno.test("colours are relative to the matrix or to each row", () => {
  const [whole, row] = [rowScale(weights, 3, "matrix"), rowScale(weights, 3, "row")];
  equal(SHARES.map(whole.share), [0.5, 0.25, 0.25, 0, 1, 0]);
  equal(SHARES.map(row.share), [1, 0.5, 0.5, 0, 1, 0]);
  equal([whole.most, row.most, rowScale(weights, 3, undefined).most], [1, 1, 1]);
});

Deno.test("shades say the largest weight as it is, and cells in steps of the palette", () => {
  const seen = shadeScale({ most: Float32Array.of(0.5, 0.75), steps: Uint8Array.of(255, 51, 0) });
  equal([seen.most, ...[0, 1, 2].map(seen.share)], [0.75, 1, 0.2, 0]);
});

Deno.test("a matrix of nothing is drawn as nothing", () => {
  const none = rowScale(new Float32Array(2), 2, "row");
  equal([none.most, none.share(0), rowScale(new Float32Array(0), 0, "row").most], [0, 0, 0]);
});

Deno.test("only what the mask forbids is blocked", () => {
  equal([2, 3, 4, 5].map((index) => blocked(data, index)), [false, true, false, true]);
  holds(!blocked({ allowed: null }, 3));
});

Deno.test("a matrix is never wider than its room", () => {
  for (const count of [1, 3, 20, 128, 512]) {
    for (const width of [320, 560, 1280]) {
      const plan = planOf(count, width);
      holds(plan.left + plan.x * count <= width + 1, `${count} cells in ${width} px`);
    }
  }
});

Deno.test("in a file every label has a line of its own", () => {
  const plan = planOf(40, 0);
  equal([plan.everyRow, plan.everyColumn], [1, 1]);
});

Deno.test("large cells show numbers, crowded ones do not", () => {
  equal([planOf(5, 900).values, planOf(60, 900).values], [true, false]);
});

Deno.test("every other label gives way to one that must be read", () => {
  equal(labelled(7, 2, []), [0, 2, 4, 6]);
  equal(labelled(7, 2, [3]), [0, 6]);
  equal(labelled(3, 1, [1]), [0, 2]);
});

Deno.test("allowed cells are coloured, forbidden ones hatched run by run", () => {
  const pen = new Recorder();
  const plan = matrixPlan(data, 600, THEME, 16);
  drawMatrix(pen, data, plan, THEME, rowScale(weights, 3, "matrix"), weights);
  equal([pen.all("hatch").length, pen.all("rect").length], [2, 4 + 1]);
  equal(pen.texts(), [".50", ".25", ".25", "1.00"]);
});
