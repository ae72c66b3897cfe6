// Small matrices as rows of numbers: number[row][column]. Nothing is changed in place.

export const transposed = (a) => a[0].map((_, column) => a.map((row) => row[column]));
export const dot = (u, v) => u.reduce((sum, x, i) => sum + x * v[i], 0);
export const times = (a, b) => {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
};
/** Every number of a matrix, or of several of one shape together, through a function. */
export const each = (f, a, ...others) =>
  a.map((row, r) => row.map((x, c) => f(x, ...others.map((other) => other[r][c]), r, c)));
/** A matrix of this many rows and columns. */
export const filledBy = (rows, columns, f) =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => f(r, c)));
export const total = (row) => row.reduce((sum, x) => sum + x, 0);
const ended = (xs) => xs.filter((x) => x > -Infinity);

/** (token, width) cut into heads: the neighbours stay together. */
export const split = (rows, heads) => {
  const width = rows[0].length / heads;
  return Array.from(
    { length: heads },
    (_, h) => rows.map((row) => row.slice(h * width, (h + 1) * width)),
  );
};
export const joined = (heads) => heads[0].map((_, r) => heads.flatMap((rows) => rows[r]));

/** x W^T + b, as a linear layer keeps its matrix. */
export const linear = (rows, weight, bias = null) =>
  each((x, _r, c) => x + (bias ? bias[c] : 0), times(rows, transposed(weight)));

/** One row of scores as shares of 1; -Infinity = may not look. A row of nothing takes nothing. */
export function softmaxRow(scores) {
  const seen = ended(scores);
  if (!seen.length) return scores.map(() => 0);
  const peak = Math.max(...seen);
  const grown = scores.map((score) => Math.exp(score - peak));
  const sum = total(grown);
  return grown.map((x) => x / sum);
}

/** The nearest point of the simplex (Martins & Astudillo 2016). */
export function sparsemaxRow(scores) {
  const sorted = ended(scores).sort((a, b) => b - a);
  if (!sorted.length) return scores.map(() => 0);
  let [sum, threshold] = [0, 0];
  sorted.forEach((score, place) => {
    sum += score;
    if (1 + (place + 1) * score > sum) threshold = (sum - 1) / (place + 1);
  });
  return scores.map((score) => Math.max(0, score - threshold));
}

/** Peters, Niculae & Martins 2019: between softmax (1) and sparsemax (2), by bisection. */
export function entmaxRow(scores, alpha) {
  if (Math.abs(alpha - 1) < 1e-3) return softmaxRow(scores);
  if (Math.abs(alpha - 2) < 1e-9) return sparsemaxRow(scores);
  const seen = ended(scores);
  if (!seen.length) return scores.map(() => 0);
  const power = 1 / (alpha - 1);
  const raised = scores.map((score) => score * (alpha - 1));
  const peak = Math.max(...ended(raised));
  const shares = (tau) => raised.map((score) => Math.max(0, score - tau) ** power);
  let [low, high] = [peak - 1, peak - seen.length ** (1 - alpha)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (total(shares(middle)) >= 1) low = middle;
    else high = middle;
  }
  const found = shares((low + high) / 2);
  const sum = total(found);
  return found.map((x) => x / sum);
}

export const distance = (a, b) => {
  let most = 0;
  a.forEach((rows, h) =>
    rows.forEach((row, r) =>
      row.forEach((x, c) => {
        most = Math.max(most, Math.abs(Number(x) - Number(b[h][r][c])));
      })
    )
  );
  return most;
};
