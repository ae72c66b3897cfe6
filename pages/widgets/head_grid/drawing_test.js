import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import {
  columnNames,
  columnsOf,
  drawGrid,
  gridPlan,
  headsOf,
  starts,
  stepped,
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
    const plan = gridPlan(ragged, width, THEME, width < 560);
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
  equal(columnsOf(16, 300, false), 8);
  equal(columnsOf(12, 900, false), 12);
  equal(columnsOf(3, 10, true), 1);
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
