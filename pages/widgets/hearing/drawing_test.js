import { equal, holds, Recorder, THEME } from "../shared/fakes_test.js";
import { drawHearing, hearingPlan, strongest, TALL, tick, weightAt, wordAt } from "./drawing.js";

/** Three words in two seconds, four frames. */
const data = {
  id: "h",
  text: {},
  choices: { turn: "" },
  title: "",
  caption: "",
  name: "h",
  asks: false,
  sound: "data:,",
  seconds: 2,
  words_heard: ["one", "two", "three"],
  starts: Float32Array.of(0, 0.5, 1.5),
  ends: Float32Array.of(0.5, 1.5, 2),
  heat: Uint16Array.of(65535, 0, 0, 0, 0, 65535, 32768, 0, 0, 0, 0, 65535),
  peaks: Float32Array.of(0.5, 0.25, 1),
  tones: 80,
  bands: new Uint8Array(80 * 8),
};

Deno.test("time runs from the first second to the last, whatever the width", () => {
  for (const width of [300, 900]) {
    const plan = hearingPlan(data, width, THEME);
    equal(plan.x(0), plan.left);
    holds(Math.abs(plan.x(2) - (width - 2)) < 1e-9);
    holds(Math.abs(plan.time(plan.x(1.25)) - 1.25) < 1e-9);
    equal([plan.time(-50), plan.time(5000)], [0, 2]);
  }
});

Deno.test("every word has its row, and the sound is none", () => {
  const plan = hearingPlan(data, 600, THEME);
  equal([0, 1, 2].map((word) => plan.find(plan.box(word).y + 3)), [0, 1, 2]);
  equal([plan.find(TALL / 2), plan.find(plan.height + 50)], [-1, -1]);
  holds(Math.abs(plan.box(1).w - (plan.x(1.5) - plan.x(0.5))) < 1e-9);
});

Deno.test("the word of a moment is the one that is said then", () => {
  equal([0, 0.49, 0.5, 1.6, 2.5].map((time) => wordAt(data, time)), [0, 0, 1, 2, -1]);
});

Deno.test("numbers are the model's", () => {
  equal([strongest(data, 0), strongest(data, 1), strongest(data, 2)], [0, 1, 3]);
  holds(Math.abs(weightAt(data, 1, 0.6) - 0.25) < 1e-6);
  holds(Math.abs(weightAt(data, 1, 1.1) - 0.125) < 1e-4);
  equal(weightAt(data, 0, 2), 0);
});

Deno.test("the axis has at most ten steps", () => {
  equal([0.8, 2, 3.4, 9, 30].map(tick), [0.1, 0.2, 0.5, 1, 5]);
});

Deno.test("a lit word is marked in its row and in the sound", () => {
  const plan = hearingPlan(data, 600, THEME);
  const pictures = { sound: /** @type {any} */ ("sound"), looks: /** @type {any} */ ("looks") };
  const [dark, lit] = [new Recorder(), new Recorder()];
  drawHearing(dark, data, plan, THEME, { ...pictures, lit: -1 });
  drawHearing(lit, data, plan, THEME, { ...pictures, lit: 1 });
  equal(lit.all("rect").length, dark.all("rect").length + 1);
  equal(dark.all("image").map(([, picture]) => picture), ["sound", "looks"]);
  holds(data.words_heard.every((word) => lit.texts().includes(word)));
});
