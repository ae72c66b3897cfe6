// Every mechanism once more, for the browser: what a slider changes is seen in the next frame.
// Python stays the truth; a test holds the two equal, and the page says how far they agree.
import {
  dot,
  each,
  entmaxRow,
  filledBy,
  joined,
  linear,
  softmaxRow,
  sparsemaxRow,
  split,
  times,
  total,
  transposed,
} from "./numbers.js";

/**
 * One computation as a list of stages. A stage is
 *   id, heads: number[head][row][column], rows and columns: what they count,
 *   from(row, column): the stages it came from, [id, row or -1, column or -1],
 *   say(head, row, column): the sum behind one number, as text
 */
class Bench {
  constructor(given) {
    Object.assign(this, given); // query, key, value, allowed, knobs, temperature, parameters
    this.stages = [];
    for (const id of ["query", "key", "value"]) this.put(id, [this[id]], id, "width");
  }

  put(id, heads, rows, columns, { from = () => [], say = null } = {}) {
    this.stages.push({ id, heads, rows, columns, from, say });
    return heads;
  }

  parameter(name) {
    return this.parameters[name];
  }

  /** x W^T + b of one input, in heads. */
  project(id, source, layer, heads = 1) {
    const weight = this.parameter(`${layer}.weight`);
    const rows = linear(this[source], weight, this.parameters[`${layer}.bias`]);
    const found = split(rows, heads);
    const width = rows[0].length / heads;
    return this.put(id, found, source, "width", {
      from: (row) => [[source, row, -1]],
      say: (h, r, c) => products(this[source][r], weight[h * width + c]),
    });
  }

  /** q · k of every pair. */
  products(queries, keys, from = ["query", "key"], id = "scores") {
    return this.put(
      id,
      queries.map((rows, h) => times(rows, transposed(keys[h] ?? keys[0]))),
      "query",
      "key",
      {
        from: (row, column) => [[from[0], row, -1], [from[1], column, -1]],
        say: (h, r, c) => products(queries[h][r], (keys[h] ?? keys[0])[c]),
      },
    );
  }

  scale(scores, width, before = "scores") {
    const root = Math.sqrt(width);
    return this.put("scaled", scores.map((one) => each((x) => x / root, one)), "query", "key", {
      from: (row, column) => [[before, row, column]],
      say: (h, r, c) => `${short(scores[h][r][c])} / √${width}`,
    });
  }

  add(id, bias, scores, before) {
    this.put(id, bias, "query", "key");
    const sums = scores.map((one, h) => each((x, b) => x + b, one, bias[h]));
    return this.put("biased", sums, "query", "key", {
      from: (row, column) => [[before, row, column], [id, row, column]],
      say: (h, r, c) => `${short(scores[h][r][c])} + ${braced(bias[h][r][c])}`,
    });
  }

  /** What may be looked at, with the pattern of each head: (row, column) → boolean. */
  mask(...patterns) {
    const kept = patterns.length ? patterns : [() => true];
    this.may = kept.map((pattern) => each((may, r, c) => may && pattern(r, c), this.allowed));
    return this.put("allowed", this.may, "query", "key");
  }

  mayOf = (h) => this.may[Math.min(h, this.may.length - 1)];
  masked = (scores, h = 0) =>
    each((x, may) => may ? x / this.temperature : -Infinity, scores, this.mayOf(h));

  normalise(scores, row = softmaxRow, before = "scores", id = "weights") {
    const weights = scores.map((one, h) => this.masked(one, h).map((line) => row(line)));
    return this.put(id, weights, "query", "key", {
      from: (r) => [[before, r, -1], ["allowed", r, -1]],
      say: row === softmaxRow ? (h, r, c) => this.share(scores[h][r], r, c, h) : null,
    });
  }

  share(scores, r, c, h = 0) {
    if (!this.mayOf(h)[r][c]) return "";
    const terms = scores.filter((_, at) => this.mayOf(h)[r][at]);
    const raised = (x) => `e^${braced(x / this.temperature)}`;
    const shown = terms.length > 5 ? [...terms.slice(0, 4).map(raised), "…"] : terms.map(raised);
    return `${raised(scores[c])} / (${shown.join(" + ")})`;
  }

  /** What every query takes away; heads stand side by side. */
  take(weights, values, source = "value") {
    const parts = weights.map((one, h) => times(one, values[h]));
    return this.put("context", [joined(parts)], "query", "width", {
      from: (row) => [["weights", row, -1], [source, -1, -1]],
      say: (_h, r, c) => {
        const width = values[0][0].length;
        const h = Math.floor(c / width);
        return products(weights[h][r], values[h].map((value) => value[c % width]));
      },
    });
  }

  /** The heads' contexts through one more matrix. */
  takeProjected(weights, values) {
    return this.output(joined(weights.map((one, h) => times(one, values[h]))));
  }

  output(heads) {
    this.put("heads", [heads], "query", "width", {
      from: (row) => [["weights", row, -1], ["values", -1, -1]],
    });
    const weight = this.parameter("output_projection.weight");
    const context = linear(heads, weight, this.parameters["output_projection.bias"]);
    return this.put("context", [context], "query", "width", {
      from: (row) => [["heads", row, -1]],
      say: (_h, r, c) => products(heads[r], weight[c]),
    });
  }
}

const short = (x) => String(Math.round(x * 100) / 100).replace("-", "−");
const braced = (x) => x < 0 ? `(${short(x)})` : short(x);

function products(u, v) {
  const terms = u.map((x, i) => `${braced(x)}·${braced(v[i])}`);
  return terms.length > 6 ? [...terms.slice(0, 5), "…"].join(" + ") : terms.join(" + ");
}

/** The dot-product family in its simplest form; `scaled` divides by √d. */
function family({ scaled, pattern = () => () => true, row = () => softmaxRow }) {
  return (b) => {
    let scores = b.products([b.query], [b.key]);
    if (scaled) scores = b.scale(scores, b.key[0].length);
    b.mask(pattern(b));
    const weights = b.normalise(scores, row(b), scaled ? "scaled" : "scores");
    b.take(weights, [b.value]);
  };
}

function additive(b) {
  const queries = b.project("queries", "query", "query_projection");
  const keys = b.project("keys", "key", "key_projection");
  const v = b.parameter("score.weight")[0];
  const inner = (r, c) => v.map((_, n) => Math.tanh(queries[0][r][n] + keys[0][c][n]));
  const scores = b.put(
    "scores",
    [filledBy(b.query.length, b.key.length, (r, c) => dot(v, inner(r, c)))],
    "query",
    "key",
    {
      from: (row, column) => [["queries", row, -1], ["keys", column, -1]],
      say: (_h, r, c) => products(v, inner(r, c)),
    },
  );
  b.mask();
  b.take(b.normalise(scores), [b.value]);
}

function general(b) {
  const keys = b.project("keys", "key", "key_projection");
  const scores = b.products([b.query], keys, ["query", "keys"]);
  b.mask();
  b.take(b.normalise(scores), [b.value]);
}

function location(b) {
  const weight = b.parameter("position.weight");
  const scores = b.put(
    "scores",
    [filledBy(b.query.length, b.key.length, (r, c) => weight[c] ? dot(weight[c], b.query[r]) : 0)],
    "query",
    "key",
    {
      from: (row) => [["query", row, -1]],
      say: (_h, r, c) => weight[c] ? products(weight[c], b.query[r]) : "",
    },
  );
  b.mask((_r, c) => c < weight.length);
  b.take(b.normalise(scores), [b.value]);
}

function localMonotonic(b) {
  const keys = b.project("keys", "key", "key_projection".replace(/^/, "align."));
  const scores = b.products([b.query], keys, ["query", "keys"]);
  const last = b.allowed.map((row) => Math.max(0, row.filter(Boolean).length - 1));
  const centre = (r) => Math.min(r, last[r]);
  b.mask((r, c) => Math.abs(c - centre(r)) <= b.knobs.reach);
  b.take(b.normalise(scores), [b.value]);
}

function localPredictive(b) {
  const keys = b.project("keys", "key", "align.key_projection");
  const hidden = each(Math.tanh, linear(b.query, b.parameter("position_projection.weight")));
  const seen = b.allowed.map((row) => row.filter(Boolean).length);
  const v = b.parameter("position.weight")[0];
  const centre = hidden.map((row, r) => seen[r] / (1 + Math.exp(-dot(v, row))));
  b.put("centre", [centre.map((x) => [x])], "query", "one", {
    from: (row) => [["query", row, -1]],
  });
  const scores = b.products([b.query], keys, ["query", "keys"]);
  const spread = 2 * (b.knobs.reach / 2) ** 2;
  const bell = filledBy(
    b.query.length,
    b.key.length,
    (r, c) => Math.exp(-((c - centre[r]) ** 2) / spread),
  );
  b.put("gaussian", [bell], "query", "key", { from: (row) => [["centre", row, -1]] });
  b.mask((r, c) => Math.abs(c - centre[r]) <= b.knobs.reach);
  const shares = b.normalise(scores, softmaxRow, "scores", "shares");
  const weights = b.put(
    "weights",
    shares.map((one) => each((x, g) => x * g, one, bell)),
    "query",
    "key",
    {
      from: (row, column) => [["shares", row, column], ["gaussian", row, column]],
      say: (h, r, c) => `${short(shares[h][r][c])}·${short(bell[r][c])}`,
    },
  );
  b.take(weights, [b.value]);
}

function multiHead(b) {
  const heads = b.knobs.heads;
  const groups = Math.min(heads, b.knobs.groups ?? heads);
  const shared = (rows) =>
    Array.from({ length: heads }, (_, h) => rows[Math.floor((h * groups) / heads)]);
  const queries = b.project("queries", "query", "query_projection", heads);
  const keys = b.project("keys", "key", "key_projection", groups);
  const values = shared(b.project("values", "value", "value_projection", groups));
  let scores = b.products(queries, shared(keys), ["queries", "keys"]);
  scores = b.scale(scores, b.query[0].length / heads);
  b.mask();
  b.takeProjected(b.normalise(scores, softmaxRow, "scaled"), values);
}

/** Pairs of neighbouring numbers, turned by an angle that grows with the position. */
function turned(rows, base) {
  const width = rows[0].length;
  return rows.map((row, place) =>
    row.map((x, c) => {
      const angle = place * base ** (-2 * Math.floor(c / 2) / width);
      const other = c % 2 ? row[c - 1] : -row[c + 1];
      return x * Math.cos(angle) + other * Math.sin(angle);
    })
  );
}

function rotary(b) {
  const from = (source) => ({ from: (row) => [[source, row, -1]] });
  const queries = b.put(
    "queries",
    [turned(b.query, b.knobs.base)],
    "query",
    "width",
    from("query"),
  );
  const keys = b.put("keys", [turned(b.key, b.knobs.base)], "key", "width", from("key"));
  const scores = b.scale(b.products(queries, keys, ["queries", "keys"]), b.key[0].length);
  b.mask();
  b.take(b.normalise(scores, softmaxRow, "scaled"), [b.value]);
}

/** Heads without projections, and a bias for each head and pair. */
function biased(bias) {
  return (b) => {
    const heads = b.knobs.heads;
    const cut = (id) =>
      b.put(`${id === "query" ? "queries" : id + "s"}`, split(b[id], heads), id, "width", {
        from: (row) => [[id, row, -1]],
      });
    const [queries, keys, values] = ["query", "key", "value"].map(cut);
    let scores = b.products(queries, keys, ["queries", "keys"]);
    scores = b.scale(scores, keys[0][0].length);
    const added = Array.from(
      { length: heads },
      (_, h) => filledBy(b.query.length, b.key.length, (r, c) => bias(b, h, r, c)),
    );
    scores = b.add("bias", added, scores, "scaled");
    b.mask();
    b.take(b.normalise(scores, softmaxRow, "biased"), values, "values");
  };
}

function longformer(b) {
  const heads = b.knobs.heads;
  const halves = (id, source, ordinary, broad) => {
    const [one, other] = [ordinary, broad].map((layer) =>
      split(
        linear(b[source], b.parameter(`${layer}.weight`), b.parameter(`${layer}.bias`)),
        heads,
      )
    );
    return b.put(id, [...one, ...other], source, "width", { from: (row) => [[source, row, -1]] });
  };
  const queries = halves("queries", "query", "query_projection", "global_query");
  const keys = halves("keys", "key", "key_projection", "global_key");
  const values = halves("values", "value", "value_projection", "global_value");
  const scores = b.scale(b.products(queries, keys, ["queries", "keys"]), keys[0][0].length);
  const many = b.knobs.global_tokens;
  const near = windowed(b);
  const ordinary = (r, c) => r >= many && (c < many || near(r, c));
  const broad = (r) => r < many;
  b.mask(...Array(heads).fill(ordinary), ...Array(heads).fill(broad));
  const weights = b.normalise(scores, softmaxRow, "scaled");
  const parts = weights.map((one, h) => times(one, values[h]));
  const whole = parts.slice(0, heads).map((one, h) => each((x, y) => x + y, one, parts[h + heads]));
  b.output(joined(whole));
}

/** The sliding window of Longformer: so many keys on either side, so far apart. */
function windowed(b) {
  const { window, dilation } = b.knobs;
  return (r, c) => Math.abs(r - c) <= (dilation * window) / 2 && (r - c) % dilation === 0;
}

/** One key for each query; of equals the first. */
const largest = (row) => {
  const peak = Math.max(...row);
  const at = peak === -Infinity ? -1 : row.indexOf(peak);
  return row.map((_, place) => place === at ? 1 : 0);
};

/** Noise from Python, one key drawn; straight-through Gumbel leaves the temperature out. */
function drawn(warm) {
  return (b) => {
    const scores = b.scale(b.products([b.query], [b.key]), b.key[0].length);
    b.mask();
    b.put(
      "probabilities",
      scores.map((one) =>
        each((x, may) => may ? x / (warm ? b.temperature : 1) : -Infinity, one, b.may[0])
          .map(softmaxRow)
      ),
      "query",
      "key",
      {
        from: (row) => [["scaled", row, -1], ["allowed", row, -1]],
      },
    );
    const noise = b.put("noise", b.extras.noise, "query", "key");
    const noisy = each(
      (x, g, may) => may ? x / (warm ? b.temperature : 1) + g : -Infinity,
      scores[0],
      noise[0],
      b.may[0],
    );
    const weights = b.put("weights", [noisy.map(largest)], "query", "key", {
      from: (row) => [["probabilities", row, -1], ["noise", row, -1]],
    });
    b.take(weights, [b.value]);
  };
}

function adaptiveSpan(b) {
  const { heads, span, ramp } = b.knobs;
  const cut = (id) =>
    b.put(id === "query" ? "queries" : `${id}s`, split(b[id], heads), id, "width", {
      from: (row) => [[id, row, -1]],
    });
  const [queries, keys, values] = ["query", "key", "value"].map(cut);
  const scores = b.scale(b.products(queries, keys, ["queries", "keys"]), keys[0][0].length);
  const soft = (r, c) => c < r ? Math.min(1, Math.max(0, (ramp + span - (r - c - 1)) / ramp)) : 0;
  const kept = filledBy(b.query.length, b.key.length, soft);
  b.put("ramp", Array(heads).fill(kept), "query", "key");
  b.mask(...Array(heads).fill((r, c) => soft(r, c) > 0));
  const weights = scores.map((one, h) =>
    b.masked(one, h).map(softmaxRow).map((row, r) => {
      const parts = row.map((x, c) => x * kept[r][c]);
      const sum = total(parts);
      return parts.map((x) => sum ? x / sum : 0);
    })
  );
  b.put("weights", weights, "query", "key", {
    from: (row) => [["scaled", row, -1], ["ramp", row, -1]],
  });
  b.take(weights, values, "values");
}

/** A kernel of each head laid on the band around every query. */
function convolution(logits, shared) {
  return (b) => {
    const { heads, kernel } = b.knobs;
    const raw = logits(b, heads);
    const kernels = raw.map((rows) =>
      rows.map((row) => softmaxRow(row.map((x) => x / b.temperature)))
    );
    b.put(
      "kernel",
      shared ? [kernels.map((rows) => rows[0])] : kernels,
      shared ? "heads" : "query",
      "width",
      { from: (row) => shared ? [] : [["query", row, -1]] },
    );
    const values = b.put("values", split(b.value, heads), "value", "width", {
      from: (row) => [["value", row, -1]],
    });
    const place = (r, c) => c - r + Math.floor(kernel / 2);
    const on = (rows, r, c, or) =>
      place(r, c) >= 0 && place(r, c) < kernel ? rows[r][place(r, c)] : or;
    const [queries, keys] = [b.query.length, b.key.length];
    b.put(
      "scores",
      raw.map((rows) => filledBy(queries, keys, (r, c) => on(rows, r, c, 0))),
      "query",
      "key",
    );
    b.mask((r, c) => place(r, c) >= 0 && place(r, c) < kernel);
    const weights = b.put(
      "weights",
      kernels.map((rows) =>
        filledBy(queries, keys, (r, c) => b.may[0][r][c] ? on(rows, r, c, 0) : 0)
      ),
      "query",
      "key",
      {
        from: (row) => [["kernel", shared ? -1 : row, -1]],
      },
    );
    b.take(weights, values, "values");
  };
}

const fixedKernels = (b) => b.parameter("kernels").map((kernel) => b.query.map(() => kernel));
const madeKernels = (b, heads) =>
  split(linear(b.query, b.parameter("kernel_projection.weight")), heads);

/** Votes of the inputs for the outputs; agreement makes the next round's coefficients. */
function routing(b) {
  const matrices = b.parameter("transformation");
  const votes = b.query.map((_, j) => linear(b.value, matrices[j]));
  let scores = each((x) => x / Math.sqrt(b.key[0].length), times(b.query, transposed(b.key)));
  b.mask();
  const shares = () => transposed(transposed(b.masked(scores)).map(softmaxRow));
  const squashed = (sum) => {
    const length = Math.sqrt(dot(sum, sum));
    return sum.map((x) => (x * length) / (1 + length ** 2));
  };
  const outputs = (weights) =>
    votes.map((vote, j) =>
      squashed(vote[0].map((_, d) => dot(weights[j], vote.map((row) => row[d]))))
    );
  let weights = shares();
  b.put("round 1", [weights], "query", "key");
  for (let round = 2; round <= b.knobs.rounds; round++) {
    const found = outputs(weights);
    scores = each((x, j, i) => x + dot(votes[j][i], found[j]), scores);
    weights = shares();
    b.put(`round ${round}`, [weights], "query", "key");
  }
  b.put("scores", [scores], "query", "key");
  b.put("weights", [weights], "query", "key", { from: () => [["scores", -1, -1]] });
  b.put("context", [outputs(weights)], "query", "width", {
    from: (row) => [["weights", row, -1], ["value", -1, -1]],
  });
}

const unit = (rows) =>
  rows.map((row) => {
    const length = Math.max(Math.sqrt(dot(row, row)), 1e-12);
    return row.map((x) => x / length);
  });
const cosines = (b) => times(unit(b.query), transposed(unit(b.key)));
const together = { from: (row, column) => [["query", row, -1], ["key", column, -1]] };

function stackedCross(b) {
  const similarity = b.put("similarity", [cosines(b)], "query", "key", together)[0];
  const kept = each((x, r, c) => b.allowed[r][c] ? Math.max(0, x) : 0, similarity);
  const lengths = transposed(kept).map((column) => Math.sqrt(Math.max(dot(column, column), 1e-16)));
  const scores = b.put(
    "scores",
    [each((x, _r, c) => (b.knobs.sharpness * x) / lengths[c], kept)],
    "query",
    "key",
    { from: (_row, column) => [["similarity", -1, column]] },
  );
  b.mask();
  b.take(b.normalise(scores), [b.value]);
}

function twoTower(b) {
  const scores = b.put(
    "scores",
    [each((x) => b.knobs.scale * x, cosines(b))],
    "query",
    "key",
    together,
  );
  b.mask();
  b.take(b.normalise(scores), [b.value]);
}

function coAttention(b) {
  const through = (rows, layer) => linear(rows, b.parameter(`${layer}.weight`));
  const products = times(b.query, transposed(through(b.key, "affinity")));
  const affinity = b.put(
    "affinity",
    [each((x, r, c) => b.allowed[r][c] ? Math.tanh(x) : 0, products)],
    "query",
    "key",
    together,
  )[0];
  const [words, regions] = [through(b.query, "query_projection"), through(b.key, "key_projection")];
  const heard = each((x, y) => Math.tanh(x + y), regions, times(transposed(affinity), words));
  const line = through(heard, "key_score").map(([x]) => x);
  const scores = b.put("scores", [b.query.map(() => line)], "query", "key", {
    from: (_row, column) => [["affinity", -1, column], ["key", column, -1]],
  });
  b.mask();
  b.take(b.normalise(scores), [b.value]);
}

const clipped = (x, most) => Math.min(most, Math.max(-most, x));

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
