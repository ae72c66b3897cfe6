import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import { cellAt, cellBox, drawLab, labPlan, roomFor, shown } from "./drawing.js";

/** @import { Lit } from "./drawing.js" */
/** @import { Stage } from "./replay.js" */

/** @type {Stage[]} */
const STAGES = [
  { id: "query", heads: [[[0.125, -2]]], rows: "query", columns: "width", shares: false },
  {
    id: "weights",
    heads: [[[1, 0, 0]], [[0, 0.5, 0.5]]],
    rows: "query",
    columns: "key",
    shares: true,
  },
];
/** @type {Lit} */
const DARK = { stage: "", cell: null, sources: [] };
const named = (/** @type {string} */ id) => id;
const plan = labPlan(STAGES, 1, named, 900, THEME);

/** @type {(allowed: boolean[][], lit: Lit) => Recorder} */
function drawn(allowed, lit) {
  const pen = new Recorder();
  drawLab(pen, plan, THEME, allowed, lit);
  return pen;
}

Deno.test("a stage without the head that is shown shows the last that it has", () => {
  equal(plan.panels.map(({ matrix }) => matrix), [[[0.125, -2]], [[0, 0.5, 0.5]]]);
});

Deno.test("panels that do not fit side by side stand below one another, none wider than asked", () => {
  const narrow = labPlan(STAGES, 0, named, 200, THEME);
  equal(narrow.panels.map(({ x }) => x), [9, 9]);
  holds(narrow.panels[1].y > narrow.panels[0].y + narrow.panels[0].high);
  holds(narrow.width <= 200);
});

Deno.test("every cell is found where it is drawn, and beside the cells only its panel", () => {
  plan.panels.forEach((panel, at) => {
    for (let column = 0; column < panel.columns; column++) {
      const { x, y, w, h } = cellBox(panel, 0, column);
      equal(cellAt(plan, x + w / 2, y + h / 2), { panel: at, row: 0, column });
    }
    equal(cellAt(plan, panel.x + 1, panel.y + 1), { panel: at, row: -1, column: -1 });
  });
  equal(cellAt(plan, plan.width + 50, 10), null);
});

Deno.test("what may be typed has all its digits, an exact nothing its sign, a minus its length", () => {
  const texts = drawn([[true, true, true]], DARK).texts();
  holds(["0.125", "−2", "○", "0.50"].every((text) => texts.includes(text)));
  equal([shown(-0.5), shown(12.34), shown(123.4), shown(NaN)], ["−0.50", "12.3", "123", "–"]);
});

Deno.test("a weight below zero has another colour than one above", () => {
  /** @type {Stage[]} */
  const stages = [{
    id: "weights",
    heads: [[[0.5, -0.5]]],
    rows: "query",
    columns: "key",
    shares: true,
  }];
  const pen = new Recorder();
  drawLab(pen, labPlan(stages, 0, named, 900, THEME), THEME, [[true, true]], DARK);
  const [above, below] = pen.all("rect").slice(-2).map((one) => one.at(-1)?.fill);
  holds(above !== below);
});

Deno.test("where one may not look there is a hatch and no number", () => {
  const pen = drawn([[false, true, true]], DARK);
  equal(pen.all("hatch").length, 1);
  holds(!pen.texts().includes("○"));
});

Deno.test("a share that stands where one may not look is no weight, and is shown", () => {
  const pen = drawn([[true, false, true]], DARK);
  equal(pen.all("hatch").length, 0);
  equal(pen.texts().filter((text) => text === "0.50").length, 2);
});

Deno.test("the cell that is pointed at and what it comes from are outlined", () => {
  const before = drawn([[true, true, true]], DARK).all("rect").length;
  const after = drawn([[true, true, true]], {
    stage: "weights",
    cell: ["weights", 0, 1],
    sources: [["query", 0, 0, 1, 2], ["gone", 0, 0, 1, 1]],
  }).all("rect");
  equal(after.length - before, 3); // the step's panel, the source, the cell
  equal(after.at(-2)?.[3], 2 * cellBox(plan.panels[0], 0, 0).w);
});

Deno.test("the canvas grows, and shrinks only when it is far too high", () => {
  equal(
    [[600, 0], [600, 500], [600, 600], [600, 900], [600, 2400], [600, 2401]].map(
      ([height, kept]) => roomFor(height, kept),
    ),
    [600, 600, 600, 900, 2400, 600],
  );
});
