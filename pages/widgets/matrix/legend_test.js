import { equal, THEME } from "../shared/fakes_test.js";
import { blockedEntry, legendPlan, linkEntry } from "./legend.js";

const entries = [blockedEntry(THEME, "not allowed"), linkEntry(THEME, "sure", "sure link")];

Deno.test("entries stand beside each other where there is room", () => {
  equal(legendPlan(entries, THEME, 40, 900).placed.map(({ y }) => y), [0, 0]);
});

Deno.test("else each on a line of its own, and the foot grows", () => {
  const foot = legendPlan(entries, THEME, 40, 150);
  equal(foot.placed.map(({ y }) => y), [0, 24]);
  equal(foot.height, 34 + 24);
});
