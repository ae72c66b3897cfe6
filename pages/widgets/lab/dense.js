// Mechanisms in which every query is scored against every key.
import { products, short } from "./bench.js";
import { dot, each, filledBy, linear, softmaxRow, split } from "./numbers.js";

/** The dot-product family in its simplest form; `scaled` divides by √d. */
export function family({ scaled, pattern = () => () => true, row = () => softmaxRow }) {
  return (b) => {
    let scores = b.products([b.query], [b.key]);
    if (scaled) scores = b.scale(scores, b.key[0].length);
    b.mask(pattern(b));
    const weights = b.normalise(scores, row(b), scaled ? "scaled" : "scores");
    b.take(weights, [b.value]);
  };
}

export function additive(b) {
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

export function general(b) {
  const keys = b.project("keys", "key", "key_projection");
  const scores = b.products([b.query], keys, ["query", "keys"]);
  b.mask();
  b.take(b.normalise(scores), [b.value]);
}

export function location(b) {
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

export function localMonotonic(b) {
  const keys = b.project("keys", "key", "key_projection".replace(/^/, "align."));
  const scores = b.products([b.query], keys, ["query", "keys"]);
  const last = b.allowed.map((row) => Math.max(0, row.filter(Boolean).length - 1));
  const centre = (r) => Math.min(r, last[r]);
  b.mask((r, c) => Math.abs(c - centre(r)) <= b.knobs.reach);
  b.take(b.normalise(scores), [b.value]);
}

export function localPredictive(b) {
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

export function multiHead(b) {
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

export function rotary(b) {
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
export function biased(bias) {
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

export const clipped = (x, most) => Math.min(most, Math.max(-most, x));
