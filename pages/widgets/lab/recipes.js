// Every mechanism once more, for the browser: what a slider changes is seen in the next frame.
// Python stays the truth; a test holds the two equal, and the page says how far they agree.
import { Bench } from "./bench.js";
import {
  additive,
  biased,
  clipped,
  family,
  general,
  localMonotonic,
  localPredictive,
  location,
  multiHead,
  rotary,
} from "./dense.js";
import { entmaxRow, sparsemaxRow } from "./numbers.js";
import {
  adaptiveSpan,
  coAttention,
  convolution,
  drawn,
  fixedKernels,
  longformer,
  madeKernels,
  routing,
  stackedCross,
  twoTower,
  windowed,
} from "./others.js";

/**
 * For each mechanism its computation, and the knobs it can turn without asking Python. `fixed` ones
 * need numbers that only Python draws, for exactly these queries and keys.
 */
export const RECIPES = {
  additive: { run: additive },
  luong_dot: { run: family({ scaled: false }) },
  luong_general: { run: general },
  luong_concat: { run: additive },
  luong_location: { run: location },
  local_monotonic: { run: localMonotonic, live: ["reach"] },
  local_predictive: { run: localPredictive, live: ["reach"] },
  key_value: { run: additive },
  scaled_dot_product: { run: family({ scaled: true }) },
  multi_head: { run: multiHead, live: ["heads"] },
  grouped_query: { run: multiHead },
  rotary: { run: rotary, live: ["base"] },
  alibi: {
    run: biased((b, h, r, c) => -Math.abs(r - c) / 2 ** ((8 * (h + 1)) / b.knobs.heads)),
    live: ["heads"],
  },
  relative_bias: {
    run: biased((b, h, r, c) =>
      b.parameter("biases")[h][clipped(c - r, b.knobs.reach) + b.knobs.reach]
    ),
  },
  sparsemax: { run: family({ scaled: true, row: () => sparsemaxRow }) },
  sliding_window: {
    run: family({ scaled: true, pattern: windowed }),
    live: ["window", "dilation"],
  },
  longformer: { run: longformer, live: ["heads", "window", "dilation", "global_tokens"] },
  big_bird: {
    run: family({ scaled: true, pattern: (b) => (r, c) => b.extras.kind[0][r][c] > 0 }),
    fixed: true,
  },
  hard: { run: drawn(true), fixed: true },
  gumbel: { run: drawn(false), fixed: true },
  adaptive_span: { run: adaptiveSpan, live: ["heads", "span", "ramp"] },
  light_conv: { run: convolution(fixedKernels, true) },
  dynamic_conv: { run: convolution(madeKernels, false) },
  routing: { run: routing, live: ["rounds"] },
  stacked_cross: { run: stackedCross, live: ["sharpness"] },
  two_tower: { run: twoTower, live: ["scale"] },
  co_attention: { run: coAttention },
  entmax: {
    run: family({ scaled: true, row: (b) => (line) => entmaxRow(line, b.knobs.alpha) }),
    live: ["alpha"],
  },
};

/** The stages of one computation, in order. */
export function worked(given) {
  const bench = new Bench(given);
  RECIPES[given.mechanism].run(bench);
  return bench.stages;
}
