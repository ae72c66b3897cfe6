import { equal, holds, THEME } from "../shared/fakes_test.js";
import { asked, litRibbon, ribbons, sentencePlan, sharedOut } from "./drawing.js";

/** @type {[number, number][]} */
const links = [[0, 1]];
const data = {
  source: ["I", "sleep"],
  target: ["je", "dors", "."],
  weights: Float32Array.of(1, 0, 0.02, 0.98, 0.5, 0.5),
  links,
  compact: false,
};

Deno.test("two lines where there is room, two columns on a phone", () => {
  equal([sentencePlan(data, 900, THEME).upright, sentencePlan(data, 360, THEME).upright], [
    false,
    true,
  ]);
});

Deno.test("no two words of a sentence overlap", () => {
  for (const boxes of sentencePlan(data, 900, THEME).boxes) {
    boxes.slice(1).forEach((box, i) => holds(box.x >= boxes[i].x + boxes[i].w));
  }
});

Deno.test("a weak ribbon is left out unless it is a link", () => {
  const found = ribbons(data, sentencePlan(data, 900, THEME));
  equal(found.map(({ s, t, link }) => [s, t, link]), [
    [0, 1, true],
    [0, 2, false],
    [1, 2, false],
    [1, 1, false],
    [0, 0, false],
  ]);
});

Deno.test("a pin lights its ribbons, a source pointed at only its own", () => {
  const marks = { pins: [1], sources: [], pointed: null };
  const pinned = litRibbon(marks);
  equal([pinned?.({ s: 0, t: 1 }), pinned?.({ s: 0, t: 0 })], [true, false]);
  const pointed = litRibbon({ ...marks, pointed: { side: 0, index: 1 } });
  equal([pointed?.({ s: 1, t: 0 }), pointed?.({ s: 0, t: 1 })], [true, false]);
  equal(litRibbon({ pins: [], sources: [], pointed: null }), null);
});

Deno.test("numbers answer what is pointed at, else what is pinned, else what is kept", () => {
  equal(asked({ pins: [1], sources: [0], pointed: { side: 0, index: 1 } }), {
    side: 0,
    words: [1],
  });
  equal(asked({ pins: [1], sources: [0], pointed: null }), { side: 1, words: [1] });
  equal(asked({ pins: [], sources: [0], pointed: null }), { side: 0, words: [0] });
});

Deno.test("the longer of two widths is cut first", () => {
  equal(sharedOut(100, 30, 200), [30, 70]);
  equal(sharedOut(100, 200, 30), [70, 30]);
  equal(sharedOut(100, 200, 200), [50, 50]);
  equal(sharedOut(100, 20, 30), [20, 30]);
});
