// Sparse patterns, hard attention, spans, kernels, routing, words and pictures.
import {
  dot,
  each,
  filledBy,
  joined,
  linear,
  softmaxRow,
  split,
  times,
  total,
  transposed,
} from "./numbers.js";

export function longformer(b) {
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
export function windowed(b) {
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
export function drawn(warm) {
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

export function adaptiveSpan(b) {
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
export function convolution(logits, shared) {
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

export const fixedKernels = (b) =>
  b.parameter("kernels").map((kernel) => b.query.map(() => kernel));
export const madeKernels = (b, heads) =>
  split(linear(b.query, b.parameter("kernel_projection.weight")), heads);

/** Votes of the inputs for the outputs; agreement makes the next round's coefficients. */
export function routing(b) {
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

export function stackedCross(b) {
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

export function twoTower(b) {
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

export function coAttention(b) {
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
