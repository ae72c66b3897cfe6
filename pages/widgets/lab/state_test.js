// What the reader wants, as addresses and inputs; and programs that are fetched ahead.
import * as experiment from "./experiment.js";
import { createPrograms } from "./programs.js";

const knob = (/** @type {string} */ name, least = 1, most = 12, start = 6, step = 1) => ({
  name,
  title: name,
  least,
  most,
  start,
  step,
  stops: /** @type {number[]} */ ([]),
});
/** @type {import("../shared/pictures.d.ts").Lab} */
const DATA = {
  id: "lab",
  text: {},
  choices: { turn: "" },
  title: "",
  caption: "",
  name: "entmax",
  mechanism: "entmax",
  base: {
    query: [[1, 2], [3, 4], [5, 6]],
    key: [[7, 8], [9, 1], [2, 3]],
    value: [[4, 5], [6, 7], [8, 9]],
  },
  parameters: {},
  program: "programs/x/entmax",
  turning: ["alpha", "keys", "queries"],
  terms: [],
  knobs: [
    knob("alpha", 1, 2, 1.5, 0.05),
    knob("keys", 1, 12, 3),
    knob("queries", 1, 12, 2),
    knob("numbers", 0, 99, 0),
  ],
  trace: [],
  trace_of: { knobs: {}, looks: "cross", mask: "none", edits: {} },
};
const STATE = DATA.trace_of;
/** @type {(found: unknown, wanted: unknown) => void} */
function equal(found, wanted) {
  const [one, other] = [found, wanted].map((x) => JSON.stringify(x));
  if (one !== other) throw new Error(`${one}, not ${other}`);
}

Deno.test("an address names what the program depends on and nothing else", () => {
  const state = { ...STATE, knobs: { alpha: 1.15, numbers: 4 }, edits: { key: { "0,0": 3 } } };
  equal(experiment.addressOf(DATA, state), "programs/x/entmax?alpha=1.15&keys=3&queries=2");
  equal(
    experiment.addressOf(DATA, { ...state, looks: "self" }),
    "programs/x/entmax?alpha=1.15&keys=3&queries=3",
  );
});

Deno.test("a knob stands at numbers that Python reads as the same", () => {
  equal(experiment.standings(DATA.knobs[0]).slice(0, 5), [1, 1.05, 1.1, 1.15, 1.2]);
  equal(experiment.standings({ ...DATA.knobs[0], stops: [1, 2] }), [1, 2]);
});

Deno.test("a slider's range begins where it stands", () => {
  const range = experiment.ranged(DATA, STATE, "keys").map((address) =>
    address.match(/keys=(\d+)/)?.[1]
  );
  equal(range.slice(0, 3), ["3", "2", "4"]);
  equal(range.length, 12);
  equal(experiment.ranged(DATA, STATE, "numbers"), []);
});

Deno.test("edits replace numbers, in self-attention those of the queries everywhere", () => {
  const edits = { query: { "1,0": -1 }, key: { "0,1": 0.5 } };
  equal(experiment.rowsOf(DATA, { ...STATE, edits }, "query"), [[1, 2], [-1, 4]]);
  equal(experiment.rowsOf(DATA, { ...STATE, edits }, "key"), [[7, 0.5], [9, 1], [2, 3]]);
  equal(experiment.rowsOf(DATA, { ...STATE, edits, looks: "self" }, "key"), [[1, 2], [-1, 4], [
    5,
    6,
  ]]);
});

Deno.test("masks by hand", () => {
  equal(experiment.allowedBy("causal", 2, 3), [[true, false, false], [true, true, false]]);
  equal(experiment.allowedBy("last", 1, 3), [[true, true, false]]);
});

Deno.test("Python must invent anew for another seed, not for another mask", () => {
  equal(experiment.invented(DATA, { ...STATE, mask: "causal" }), true);
  equal(experiment.invented(DATA, { ...STATE, knobs: { numbers: 1 } }), false);
});

Deno.test("a number is typed with a comma or a true minus, and not too large", () => {
  equal([experiment.numberTyped(" −2,5 "), experiment.numberTyped("1e3")], [-2.5, 1000]);
  equal(
    ["", "x", "1001", "1e999"].every((text) => Number.isNaN(experiment.numberTyped(text))),
    true,
  );
});

Deno.test("a program is fetched once, wishes a few at a time, and failures are remembered", async () => {
  /** @type {string[]} */
  const asked = [];
  let arrivals = 0;
  const load = (/** @type {string} */ address) => {
    asked.push(address);
    return address === "bad"
      ? Promise.reject(new Error("no"))
      : Promise.resolve(/** @type {any} */ ({ address }));
  };
  const programs = createPrograms(load, () => arrivals++);
  equal([programs.found("a"), programs.found("a"), asked], [null, null, ["a"]]);
  programs.wish(["b", "c", "a", "bad", "d", "e", "f"]);
  equal(asked.length, 4);
  await new Promise((done) => setTimeout(done, 5));
  equal(asked, ["a", "b", "c", "bad", "d", "e", "f"]);
  equal([arrivals, programs.found("f"), programs.found("bad")], [1, { address: "f" }, false]);
  programs.refuse("f");
  equal(programs.found("f"), false);
});
