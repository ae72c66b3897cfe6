import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import { Planes } from "../shared/planes.js";
import {
  cellOf,
  cold,
  drawPicture,
  mean,
  outline,
  picturePlan,
  placeOf,
  region,
  said,
} from "./drawing.js";

/** Two rows of three patches in the middle of a picture, a class token before them. */
const data = {
  id: "p",
  text: {},
  choices: { turn: "" },
  title: "",
  caption: "",
  name: "p",
  asks: false,
  picture: "data:,",
  width: 600,
  height: 300,
  grid: /** @type {[number, number]} */ ([2, 3]),
  crop: /** @type {[number, number, number, number]} */ ([150, 50, 450, 250]),
  specials: ["[CLS]"],
  looks: ["one", "other"],
  heat: Planes.of(Uint16Array.of(65535, 0, 0, 0, 0, 0, 0, 65535, 0, 0, 0, 13107), [2, 6]),
  peaks: Float32Array.of(0.5, 0.25),
  beside: Float32Array.of(0.5, 0.7),
  colours: null,
  boxes: [[150, 50, 250, 150]],
  covered: [],
  unit: /** @type {const} */ ("share"),
  own: true,
  picks: true,
};

Deno.test("a patch lies where the model saw it, whatever the size on the page", () => {
  for (const width of [300, 600]) {
    const plan = picturePlan(data, width, 1000);
    const scale = width / 600;
    equal(plan.width, 600 * scale);
    equal(plan.box([1, 2]), { x: 350 * scale, y: 150 * scale, w: 100 * scale, h: 100 * scale });
    equal(plan.find(351 * scale, 151 * scale), [1, 2]);
    equal(plan.find(140 * scale, 60 * scale), null);
    equal(plan.nearest(0, 1000), [1, 0]);
  }
});

Deno.test("a picture keeps its shape in a low room", () => {
  const plan = picturePlan(data, 600, 150);
  equal([plan.width, plan.height], [300, 150]);
});

Deno.test("places count the special ones first", () => {
  equal(placeOf(data, [1, 0]), 4);
  equal(cellOf(data, 4), [1, 0]);
  equal([cellOf(data, 0), cellOf(data, 7)], [null, null]);
});

Deno.test("a region is every patch between two corners, from whichever", () => {
  equal(region(data, [1, 2], [0, 1]), [2, 3, 5, 6]);
});

const nothing = () => {};

Deno.test("the mean of looks is that of their weights, not of their colours", () => {
  const look = mean(data, [0, 1], nothing);
  if (!look) throw new Error("the numbers are there");
  holds(Math.abs(look.weights[0] - 0.25) < 1e-6);
  holds(Math.abs(look.weights[1] - 0.125) < 1e-6);
  holds(Math.abs(look.weights[5] - 0.025) < 1e-6);
  holds(Math.abs(look.peak - 0.25) < 1e-6);
  holds(Math.abs(look.beside[0] - 0.6) < 1e-6);
  equal(mean(data, [9], nothing)?.peak, 0);
});

Deno.test("of a large picture a few looks are fetched one by one, of many all at once", () => {
  /** @type {string[]} */
  const parts = [];
  const ask = (/** @type {string} */ part) => {
    parts.push(part);
    return /** @type {Promise<ArrayBuffer>} */ (new Promise(nothing));
  };
  const looks = Array.from({ length: 200 }, (_, look) => String(look));
  const large = { ...data, looks, heat: new Planes("uint16", [200, 100], ask, true) };
  equal([mean(large, [7, 9], nothing), mean(large, [...looks.keys()], nothing)], [null, null]);
  equal(parts, ["row/7", "row/9", "0/all"]);
});

Deno.test("only where nothing at all is looked at there is no heat", () => {
  const colours = Uint8Array.of(1, 2, 3);
  equal(cold({ colours: null, peaks: Float32Array.of(0, 0) }), true);
  equal(cold({ colours: null, peaks: Float32Array.of(0, 0.1) }), false);
  equal(cold({ colours, peaks: Float32Array.of(0) }), false);
});

Deno.test("a weight says as much as can be told apart", () => {
  const shares = [0.314, 0.0314, 0.00314, 0].map((weight) => said({ unit: "share" }, weight));
  equal(shares, ["31 %", "3.1 %", "0.31 %", "0.00 %"]);
  equal(said({ unit: "number" }, 0.8349), "0.83");
});

Deno.test("what the model did not see is hatched, and boxes are drawn where they are", () => {
  const pen = new Recorder();
  const plan = picturePlan(data, 600, 1000);
  const heat = /** @type {any} */ ("heat");
  drawPicture(pen, data, plan, THEME, { photo: null, heat });
  equal(pen.all("hatch").length, 4);
  equal(pen.all("image"), [["image", "heat", 150, 50, 300, 200]]);
  holds(pen.all("rect").some(([, x, y, w, h]) => String([x, y, w, h]) === "150,50,100,100"));
});

Deno.test("neighbouring patches share one outline", () => {
  const plan = picturePlan(data, 600, 1000);
  const pen = new Recorder();
  outline(pen, plan, [[0, 0], [0, 1]], "#fff");
  equal(pen.all("path")[0][1].match(/M/g).length, 6);
  const none = new Recorder();
  outline(none, plan, [], "#fff");
  equal(none.calls, []);
});
