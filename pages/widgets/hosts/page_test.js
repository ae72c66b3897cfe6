import { equal } from "../shared/fakes_test.js";
import { opened } from "./page.js";

Deno.test("arrays come back with every number as it was", () => {
  const { rows, weights } = opened(
    '{"rows": ["a"], "weights": {"dtype": "float32", "base64": "zczMPQAAwH8="}}',
  );
  equal(rows, ["a"]);
  equal([weights.constructor.name, weights[0], Number.isNaN(weights[1])], [
    "Float32Array",
    Math.fround(0.1),
    true,
  ]);
});
