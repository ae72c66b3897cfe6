import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import {
  columnNames,
  columnsOf,
  drawGrid,
  gridPlan,
  headsOf,
  PHONE,
  starts,
  stepped,
  thinned,
  valueAt,
} from "./drawing.js";

/** Layers with two heads, four and one. */
const ragged = {
  id: "g",
  text: {},
  choices: { turn: "" },
  title: "",
  caption: "",
  name: "g",
  sites: ["1", "2", "3"],
  thumbnails: new Uint8Array(7 * 4),
  thumbnails_shapes: [[2, 2, 2], [4, 2, 2], [1, 2, 2]],
  values: Float32Array.of(1, 2, 3, 4, 5, 6, 7),
  values_shapes: [[2], [4], [1]],
};

Deno.test("every layer has its own number of heads", () => {
  equal(headsOf(ragged), [2, 4, 1]);
  equal(starts(headsOf(ragged)), [0, 2, 6]);
});

Deno.test("a bar belongs to its own head", () => {
  equal([valueAt(ragged, [0, 1]), valueAt(ragged, [1, 0]), valueAt(ragged, [2, 0])], [2, 3, 7]);
  equal(valueAt({ ...ragged, values: null }, [0, 0]), null);
});

Deno.test("every thumbnail is found where it stands, and nothing beside a short layer", () => {
  for (const width of [200, 640]) {
    const plan = gridPlan(ragged, width, THEME, width < PHONE);
    headsOf(ragged).forEach((heads, site) => {
      for (let head = 0; head < heads; head++) {
        const { x, y } = plan.place(site, head);
        equal(plan.find(x + 1, y + 1), [site, head]);
      }
    });
    const { x, y } = plan.place(0, 1);
    equal(plan.find(x + plan.side + 10, y + 1), null);
    equal(plan.find(x, y + plan.height), null);
    equal(plan.find(x, -1), null);
  }
});

Deno.test("an arrow into a shorter layer leads to its last head", () => {
  equal(stepped([2, 4, 1], [1, 3], [-1, 0]), [0, 1]);
  equal(stepped([2, 4, 1], [0, 1], [0, 1]), [0, 1]);
  equal(stepped([2, 4, 1], [2, 0], [1, 0]), [2, 0]);
  equal(stepped([2, 4, 1], [0, 1], [1, 0]), [1, 1]);
});

Deno.test("long layers break into lines of like length", () => {
  equal(columnsOf(16, 300, true), 6);
  equal(columnsOf(16, 300, false), 16);
  equal(columnsOf(16, 200, false), 4);
  equal(columnsOf(12, 900, false), 12);
  equal(columnsOf(3, 10, true), 1);
  equal(columnsOf(32, 476, false), 32);
});

Deno.test("a column is named after all of its heads", () => {
  equal(columnNames(3, 7), ["1 · 4 · 7", "2 · 5", "3 · 6"]);
});

Deno.test("as many pictures are drawn as there are heads, each with its bar", () => {
  const pictures = headsOf(ragged).map((heads) => Array(heads).fill("picture"));
  const pen = new Recorder();
  drawGrid(pen, ragged, gridPlan(ragged, 640, THEME, false), THEME, [1, 3], pictures);
  equal(pen.all("image").length, 7);
  equal(pen.all("rect").length, 7 + 2 * 7 + 1);
  holds(pen.texts().includes("3"));
});

/** @param {number} layers @param {number} heads */
const many = (layers, heads) => ({
  sites: Array.from({ length: layers }, (_, layer) => String(layer + 1)),
  thumbnails_shapes: /** @type {number[][]} */ (Array(layers).fill([heads, 2, 2])),
  values: null,
});

Deno.test("a model of 48 layers with 32 heads keeps a row for each layer, and numbers", () => {
  const plan = gridPlan(many(48, 32), 620, THEME, false);
  equal(plan.columns, 32);
  holds(plan.width <= 620 && plan.height <= 900);
  holds(plan.names.filter((name) => name).length >= 6);
  const { x, y } = plan.place(47, 31);
  equal(plan.find(x + 1, y + 1), [47, 31]);
  const phone = gridPlan(many(48, 32), 360, THEME, true);
  holds(phone.side >= 34 && phone.width <= 360 && phone.names.some((name) => name));
});

Deno.test("names stand apart or are left out", () => {
  const long = (/** @type {string} */ name) => 10 * name.length;
  equal(thinned(["1", "2"], 15, long), ["1", "2"]);
  equal(thinned(["1", "2", "3", "10"], 15, long), ["", "2", "", "10"]);
  equal(thinned(["very long", "very long"], 15, long), []);
});
