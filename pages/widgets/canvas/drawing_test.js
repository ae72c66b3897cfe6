import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import { distance, drawPaper, inkOf, stroke, written } from "./drawing.js";

const data = { side: 5, levels: 15, reach: 0.5 };

Deno.test("what is written is read as it was", () => {
  const text = "0123456789abcdef000000000";
  equal(written(data, inkOf(data, text)), text);
});

Deno.test("what is no drawing leaves the paper blank", () => {
  for (const text of [undefined, "", "0f", "g".repeat(25), "F".repeat(25), "0".repeat(26)]) {
    equal(inkOf(data, text).reduce((a, b) => a + b, 0), 0);
    equal(inkOf(data, text).length, 25);
  }
});

Deno.test("a spot is as far from a line as from its nearest point", () => {
  const [from, to] = [{ x: 0, y: 0 }, { x: 4, y: 0 }];
  equal(distance({ x: 2, y: 3 }, from, to), 3);
  equal(distance({ x: 7, y: 4 }, from, to), 5);
  equal(distance({ x: 3, y: 4 }, from, from), 5);
});

Deno.test("a line leaves ink in the cells that it goes through, and the eraser takes it away", () => {
  const blank = new Float32Array(25);
  const [from, to] = [{ x: 0.5, y: 2.5 }, { x: 4.5, y: 2.5 }];
  const drawn = stroke(data, blank, from, to, false);
  equal(written(data, drawn), "0".repeat(10) + "fffff" + "0".repeat(10));
  equal(blank.some((share) => share > 0), false);
  equal(written(data, stroke(data, drawn, from, to, true)), "0".repeat(25));
  const crossed = stroke(data, drawn, { x: 2.5, y: 0.5 }, { x: 2.5, y: 4.5 }, false);
  equal(written(data, crossed), "00f0000f00fffff00f0000f00");
});

Deno.test("a move that is nowhere, or off the paper, draws nothing wrong", () => {
  const drawn = inkOf(data, "8".repeat(25));
  equal(stroke(data, drawn, { x: NaN, y: 1 }, { x: 1, y: 1 }, false), drawn);
  equal(stroke(data, drawn, { x: Infinity, y: 1 }, { x: 1, y: 1 }, true), drawn);
  equal(stroke(data, drawn, { x: -50, y: 90 }, { x: -40, y: 90 }, false), drawn);
  holds(stroke(data, drawn, { x: -50, y: 2.5 }, { x: 90, y: 2.5 }, false)[12] === 1);
});

Deno.test("only cells with ink are drawn, darker where there is more", () => {
  const pen = new Recorder();
  drawPaper(pen, 5, inkOf(data, "0".repeat(12) + "f8" + "0".repeat(11)), 100, THEME);
  const cells = pen.all("rect").slice(1, -1);
  equal(cells.map(([, x, y]) => [x, y]), [[40, 40], [60, 40]]);
  equal(cells[0][5].fill, THEME.ink);
  holds(cells[1][5].fill !== THEME.ink && cells[1][5].fill !== THEME.wash);
});
