import { equal, Recorder, THEME } from "../shared/fakes_test.js";
import { cycled, drawLink } from "./links.js";

const gold = { sure: [[0, 0]], possible: [[2, 1]] };

Deno.test("a click makes a sure link, in order of the rows", () => {
  equal(cycled({ ...gold, sure: [[3, 3]] }, [1, 2]).sure, [[1, 2], [3, 3]]);
});

Deno.test("another makes it possible, one more erases it", () => {
  const twice = cycled(gold, [0, 0]);
  equal(twice, { sure: [], possible: [[0, 0], [2, 1]] });
  equal(cycled(twice, [0, 0]), { sure: [], possible: [[2, 1]] });
});

Deno.test("what was there stays as it was", () => {
  cycled(gold, [2, 1]);
  equal(gold, { sure: [[0, 0]], possible: [[2, 1]] });
});

Deno.test("only a possible link is dashed, only a found one a dot", () => {
  const box = { x: 0, y: 0, w: 30, h: 30 };
  const marks = /** @type {const} */ (["sure", "possible", "found"]).map((kind) => {
    const pen = new Recorder();
    drawLink(pen, THEME, kind, box);
    return [pen.all("rect").some(([, , , , , style]) => style.dash), pen.all("path").length];
  });
  equal(marks, [[false, 0], [true, 0], [false, 2]]);
});
