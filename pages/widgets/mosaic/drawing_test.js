import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import { drawMosaic, largest, mayAt, mosaicAt, mosaicPlan, valueAt, written } from "./drawing.js";

const words = ["a", "b"];
const panel = { title: "one", note: "", group: "words", rows: words, columns: words };
const data = {
  id: "m",
  text: {},
  choices: { turn: "" },
  title: "",
  caption: "",
  name: "m",
  panels: [panel, { ...panel, title: "two", columns: ["x", "y", "z"], group: "other" }],
  weights: Float32Array.of(1, 0, 0.5, 0.5, 0, 0, 1, -2, 0, 0.25),
  allowed: Uint8Array.of(1, 0, 1, 1, 1, 1, 1, 1, 1, 0),
};
const plan = mosaicPlan(data, 900, THEME);

Deno.test("each panel reads its own numbers", () => {
  equal([valueAt(data, plan.panels[0], 1, 0), valueAt(data, plan.panels[1], 1, 0)], [0.5, -2]);
  equal([mayAt(data, plan.panels[0], 0, 1), mayAt(data, plan.panels[1], 1, 2)], [false, false]);
});

Deno.test("a cell is found where it stands, a row by its label", () => {
  const { x, y, left, top, cell } = plan.panels[1];
  equal(mosaicAt(plan, x + left + 2.5 * cell, y + top + 1.5 * cell), {
    panel: 1,
    row: 1,
    column: 2,
  });
  equal(mosaicAt(plan, x + left - 4, y + top + 4)?.column, -1);
  equal(mosaicAt(plan, x + left, y), null);
});

Deno.test("panels stand below one another where the page is narrow", () => {
  const [first, second] = mosaicPlan(data, 120, THEME).panels;
  holds(second.y >= first.y + first.high);
  equal([first.x, second.x], [0, 0]);
});

Deno.test("the largest weight counts without its sign", () => {
  equal(largest(data.weights), 2);
});

Deno.test("numbers in cells have no zero before the point", () => {
  equal([written(0.25), written(-0.25), written(1)], [".25", "−.25", "1.00"]);
});

Deno.test("forbidden cells are hatched, exact zeros ringed", () => {
  const pen = new Recorder();
  drawMosaic(pen, data, plan, THEME, null, true);
  equal(pen.all("hatch").length, 2);
  equal(pen.texts().filter((text) => text === "○").length, 3);
});
