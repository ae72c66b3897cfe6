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

  /** What may be looked at, with a pattern's own restriction (row, column) → boolean. */
  mask(pattern = () => true) {
    this.allowed = each((may, r, c) => may && pattern(r, c), this.allowed);
    return this.put("allowed", [this.allowed], "query", "key")[0];
  }

  masked = (scores) =>
    each((x, may) => may ? x / this.temperature : -Infinity, scores, this.allowed);

  normalise(scores, row = softmaxRow, before = "scores") {
    const weights = scores.map((one) => this.masked(one).map((line) => row(line)));
    return this.put("weights", weights, "query", "key", {
      from: (r) => [[before, r, -1], ["allowed", r, -1]],
      say: row === softmaxRow ? (h, r, c) => this.share(scores[h][r], r, c) : null,
    });
  }

  share(scores, r, c) {
    if (!this.allowed[r][c]) return "";
    const terms = scores.filter((_, at) => this.allowed[r][at]);
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
    const heads = joined(weights.map((one, h) => times(one, values[h])));
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
  const shares = scores.map((one) => b.masked(one).map(softmaxRow));
  b.put("shares", shares, "query", "key", {
    from: (row) => [["scores", row, -1], ["allowed", row, -1]],
    say: (h, r, c) => b.share(scores[h][r], r, c),
  });
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

const clipped = (x, most) => Math.min(most, Math.max(-most, x));

/** For each mechanism its computation, and the knobs it can turn without asking Python. */
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
