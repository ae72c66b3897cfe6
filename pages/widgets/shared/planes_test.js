import { equal, holds } from "./fakes_test.js";
import { opened, Planes } from "./planes.js";

const never = () => {
  throw new Error("called for nothing");
};

/** A place to ask that writes down what it is asked for, and answers when it is told to. */
function asked() {
  /** @type {Record<string, { resolve: (bytes: ArrayBuffer) => void, reject: () => void }>} */
  const open = {};
  const ask = (
    /** @type {string} */ part,
  ) => /** @type {Promise<ArrayBuffer>} */ (new Promise((resolve, reject) => {
    holds(!(part in open), `${part} was asked for twice`);
    open[part] = { resolve, reject };
  }));
  return { open, ask };
}

const soon = () => new Promise((done) => setTimeout(done));

Deno.test("arrays come back with every number as it was", () => {
  const { rows, weights } = opened({
    rows: ["a"],
    weights: { dtype: "float32", base64: "zczMPQAAwH8=" },
  });
  equal(rows, ["a"]);
  equal([weights.constructor.name, weights[0], Number.isNaN(weights[1])], [
    "Float32Array",
    Math.fround(0.1),
    true,
  ]);
});

Deno.test("matrices that are carried are all there, one after the other", () => {
  const { weights } = opened({
    weights: { dtype: "uint8", shape: [2, 1, 2], base64: btoa("\x01\x02\x03\x04") },
  });
  equal([...weights.whole(1, never)], [3, 4]);
  equal([...weights.row(0, 0, never)], [1, 2]);
  equal([...weights.column(1, 1, never)], [4]);
  holds(!weights.large);
});

Deno.test("a matrix of nothing is there too", () => {
  equal([...(Planes.of(new Uint8Array(0), [0, 4]).whole(0, never) ?? [1])], []);
});

Deno.test("a matrix is asked for once, and everybody is told when it has come", async () => {
  const { open, ask } = asked();
  const planes = new Planes("uint16", [3, 1, 2], ask, false);
  let [first, second] = [0, 0];
  const one = () => first++;
  const other = () => second++;
  equal([planes.whole(2, one), planes.whole(2, one), planes.whole(2, other)], [null, null, null]);
  equal(Object.keys(open), ["2/all"]);
  open["2/all"].resolve(Uint16Array.of(7, 8).buffer);
  await soon();
  equal([first, second, [...(planes.whole(2, never) ?? [])]], [1, 1, [7, 8]]);
  equal([...(planes.row(2, 0, never) ?? [])], [7, 8]);
});

Deno.test("of a large matrix the rows come that are pointed at, and shades for each scale", async () => {
  const { open, ask } = asked();
  const planes = new Planes("float32", [100, 100], ask, true);
  holds(planes.large);
  const nothing = () => {};
  equal([planes.row(0, 9, nothing) ?? null, planes.shades(0, "row", nothing)], [null, null]);
  equal(planes.shades(0, "matrix", nothing), null);
  equal(Object.keys(open), ["row/9", "0/rows", "0/matrix"]);
  open["row/9"].resolve(new Float32Array(100).fill(0.1).buffer);
  const whole = new Uint8Array(4 + 10_000);
  new DataView(whole.buffer).setFloat32(0, 0.5, true);
  whole[4 + 9_999] = 255;
  open["0/matrix"].resolve(whole.buffer);
  await soon();
  equal(planes.row(0, 9, never)?.[99], Math.fround(0.1));
  const seen = planes.shades(0, "matrix", never);
  equal([seen?.most[0], seen?.steps.length, seen?.steps[9_999]], [0.5, 10_000, 255]);
});

Deno.test("a row or a column comes of all matrices at once", async () => {
  const { open, ask } = asked();
  const planes = new Planes("uint8", [2, 1, 3], ask, false);
  const nothing = () => {};
  equal([planes.row(1, 0, nothing) ?? null, planes.column(1, 2, nothing) ?? null], [null, null]);
  open["row/0"].resolve(Uint8Array.of(1, 2, 3, 4, 5, 6).buffer);
  open["column/2"].resolve(Uint8Array.of(3, 6).buffer);
  await soon();
  equal([...(planes.row(1, 0, never) ?? [])], [4, 5, 6]);
  equal([...(planes.column(1, 2, never) ?? [])], [6]);
});

Deno.test("what could not be had is asked for again", async () => {
  const { open, ask } = asked();
  const planes = new Planes("uint16", [1, 1], ask, false);
  planes.whole(0, never);
  open["0/all"].reject();
  await soon();
  delete open["0/all"];
  equal(planes.whole(0, never), null);
  equal(Object.keys(open), ["0/all"]);
});
