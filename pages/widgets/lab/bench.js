// One computation as a list of stages, each with its numbers and where they came from.
import { each, joined, linear, softmaxRow, split, times, transposed } from "./numbers.js";

/**
 * One computation as a list of stages. A stage is
 *   id, heads: number[head][row][column], rows and columns: what they count,
 *   from(row, column): the stages it came from, [id, row or -1, column or -1],
 *   say(head, row, column): the sum behind one number, as text
 */
export class Bench {
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

export const short = (x) => String(Math.round(x * 100) / 100).replace("-", "−");
const braced = (x) => x < 0 ? `(${short(x)})` : short(x);

export function products(u, v) {
  const terms = u.map((x, i) => `${braced(x)}·${braced(v[i])}`);
  return terms.length > 6 ? [...terms.slice(0, 5), "…"].join(" + ") : terms.join(" + ");
}
