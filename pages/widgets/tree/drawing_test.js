import { equal, THEME } from "../shared/fakes_test.js";
import { beside, pieceAt, signed, treePlan, wayTo } from "./drawing.js";
import { followers, treeRows } from "./rows.js";

const data = {
  id: "t",
  text: {},
  choices: { turn: "" },
  title: "",
  caption: "",
  name: "t",
  texts: ["je", "j'", "dors", "suis", "."],
  parents: Int32Array.of(-1, -1, 0, 0, 2),
  chosen: Uint8Array.of(1, 0, 1, 0, 1),
  log_probabilities: Float32Array.of(-1, -2, -1, -3, -1),
  totals: Float32Array.of(-1, -2, -2, -4, -3),
  scores: Float32Array.of(NaN, NaN, NaN, NaN, -1.5),
  ways: null,
};
const plan = treePlan(data, THEME, 30);

Deno.test("a way leads from the first piece to the one asked for", () => {
  equal(wayTo(data, 4), [0, 2, 4]);
  equal(wayTo(data, -1), []);
});

Deno.test("the chosen follower comes first, then the likelier", () => {
  equal(followers(data), { first: [0, 1], after: [[2, 3], [], [4], [], []] });
});

Deno.test("the chosen way is a straight line", () => {
  const { rows, start } = treeRows(data);
  equal([rows[0], rows[2], rows[4]], [start, start, start]);
});

Deno.test("every piece is found where it stands, and nothing far from all", () => {
  plan.nodes.forEach(({ x, y, w }, node) => equal(pieceAt(plan, x + w / 2, y), node));
  equal(pieceAt(plan, -100, 0), -1);
});

Deno.test("up and down stay in their column, and at its ends", () => {
  const [upper, lower] = plan.nodes[2].y < plan.nodes[3].y ? [2, 3] : [3, 2];
  equal([beside(plan, upper, 1), beside(plan, lower, -1)], [lower, upper]);
  equal([beside(plan, upper, -1), beside(plan, lower, 1)], [upper, lower]);
});

Deno.test("only a finished translation has a score, with a real minus", () => {
  equal(plan.nodes.map(({ score }) => score), ["", "", "", "", "−1.50"]);
  equal(signed(-0.5), "−0.50");
});
