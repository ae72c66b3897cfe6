// The sum behind a number, written out with the numbers of the stages before it.

/** @typedef {import("./grid.js").Cell} Cell */
/** @typedef {import("./provenance.js").Named} Named */
/** @typedef {{text: string, whole: boolean}} Written  whole: needs no brackets in a product */

const DEEPEST = 6;
const MOST_LETTERS = 120;

/** @param {number} x */
export const short = (x) => String(Math.round(x * 100) / 100).replace("-", "−");
/** @param {number} x */
const braced = (x) => x < 0 ? `(${short(x)})` : short(x);
/** @param {Cell} cell */
const valueOf = ({ grid, at }) => grid.data[at];

/** @type {(terms: string[], most: number, kept: number) => string} */
const listed = (terms, most, kept) =>
  (terms.length > most ? [...terms.slice(0, kept), "…"] : terms).join(" + ");

/**
 * The sum behind one number of a stage; nothing where it is given, moved, or too long to read.
 * @type {(cell: Cell, named: Named) => string}
 */
export function sumOf(cell, named) {
  const found = spelt(cell, named, DEEPEST, true);
  const plain = found.text === short(valueOf(cell)) || found.text === braced(valueOf(cell));
  return plain || found.text.length > MOST_LETTERS ? "" : found.text;
}

/** @type {(cell: Cell, named: Named, depth: number, first?: boolean) => Written} */
function spelt(cell, named, depth, first = false) {
  const { grid, at } = cell;
  const shown = named.has(grid) && !first;
  if (!grid.origin || shown || depth === 0) return numberOf(cell);
  const cells = grid.origin.of(at);
  if (grid.origin.how === "div") {
    const share = shareOf(cells, named);
    if (share !== null) return { text: share, whole: false };
  }
  const write = WRITTEN[grid.origin.how];
  const inner = (/** @type {Cell} */ one) => spelt(one, named, depth - 1);
  return write?.(cells, inner, cell) ?? numberOf(cell);
}

/** A part of a product, in brackets where it needs them. @param {Written} part */
const factor = ({ text, whole }) => whole && !text.startsWith("−") ? text : `(${text})`;
/** A later part of a sum. @param {Written} part */
const addend = ({ text }) => text.startsWith("−") ? `(${text})` : text;

/** @type {(cell: Cell) => Cell} Through operations that only move numbers. */
function unmoved(cell) {
  while (cell.grid.origin?.how === "same") {
    const [from] = cell.grid.origin.of(cell.at);
    if (!from) return cell;
    cell = from;
  }
  return cell;
}

/** @type {(cell: Cell, named: Named) => Cell} The larger of two, the branch that was taken. */
function chosen(cell, named) {
  for (;;) {
    cell = named.has(cell.grid) ? cell : unmoved(cell);
    const origin = cell.grid.origin;
    const cells = origin && !named.has(cell.grid) ? origin.of(cell.at) : [];
    if (origin?.how === "where" && cells.length) cell = valueOf(cells[0]) ? cells[1] : cells[2];
    else if (origin?.how === "maximum" && cells.length) {
      cell = valueOf(cells[0]) >= valueOf(cells[1]) ? cells[0] : cells[1];
    } else return cell;
  }
}

/**
 * e^x over the sum of such, where the largest was taken from all of them beforehand.
 * @type {(cells: Cell[], named: Named) => string | null}
 */
function shareOf([above, below], named) {
  const top = unmoved(above);
  const sum = chosen(below, named);
  if (top.grid.origin?.how !== "exp" || sum.grid.origin?.how !== "sum") return null;
  const terms = sum.grid.origin.of(sum.at).map(unmoved);
  if (!terms.every((term) => term.grid === top.grid)) return null;
  if (!valueOf(top)) return short(0);
  return sharesSaid(top, terms.filter(valueOf), (term) => {
    const [raised] = /** @type {any} */ (term.grid.origin).of(term.at);
    const origin = raised.grid.origin;
    return chosen(origin?.how === "sub" ? origin.of(raised.at)[0] : raised, named);
  });
}

/** @type {(top: Cell, terms: Cell[], raised: (term: Cell) => Cell) => string} */
function sharesSaid(top, terms, raised) {
  const power = (/** @type {Cell} */ term) => `e^${braced(valueOf(raised(term)))}`;
  return `${power(top)} / (${listed(terms.map(power), 5, 4)})`;
}

/** @type {(cell: Cell) => boolean} */
const nothing = (cell) => !cell.grid.origin && valueOf(cell) === 0;

/** @typedef {(cells: Cell[], inner: (cell: Cell) => Written, cell: Cell) => Written} Writer */
/** @type {(name: string) => Writer} */
const called = (name) => ([x], inner) => ({ text: `${name}(${inner(x).text})`, whole: true });
/** @type {Writer} */
const kept = ([x], inner, cell) => valueOf(x) === valueOf(cell) ? inner(x) : numberOf(cell);
/** @type {(which: (a: number, b: number) => boolean) => Writer} */
const better = (which) => ([a, b], inner) => inner(which(valueOf(a), valueOf(b)) ? a : b);
/** @type {Writer} */
const summed = (cells, inner, cell) => {
  if (cells[0]?.grid.bool) return numberOf(cell);
  if (cells.length === 1) return inner(cells[0]);
  const [head, ...others] = cells.map(inner);
  return { text: listed([head.text, ...others.map(addend)], 6, 5), whole: false };
};

/** How each operation is written; what is not here is a number. @type {Record<string, Writer>} */
const WRITTEN = {
  same: (cells, inner, cell) => cells.length ? inner(cells[0]) : numberOf(cell),
  product: (cells) => {
    const pairs = cells.filter((_, at) => at % 2 === 0).map((_, at) =>
      cells.slice(2 * at, 2 * at + 2)
    );
    const terms = pairs.map(([a, b]) => `${braced(valueOf(a))}·${braced(valueOf(b))}`);
    return { text: listed(terms, 6, 5), whole: false };
  },
  add: ([a, b], inner) => {
    if (nothing(b)) return inner(a);
    if (nothing(a)) return inner(b);
    return { text: `${inner(a).text} + ${addend(inner(b))}`, whole: false };
  },
  sub: ([a, b], inner) => ({
    text: `${inner(a).text} − ${factor(inner(b))}`,
    whole: false,
  }),
  mul: ([a, b], inner) => {
    if (!a.grid.origin && valueOf(a) === 1) return inner(b);
    if (!b.grid.origin && valueOf(b) === 1) return inner(a);
    return { text: `${factor(inner(a))}·${factor(inner(b))}`, whole: false };
  },
  div: ([a, b], inner) => {
    const above = inner(a);
    if (!b.grid.origin && valueOf(b) === 1) return above;
    const below = (above.whole && root(b)) || factor(inner(b));
    return { text: `${above.whole ? above.text : `(${above.text})`} / ${below}`, whole: false };
  },
  pow: ([a, b], inner) => {
    if (!b.grid.origin && valueOf(b) === 1) return inner(a);
    return { text: `${factor(inner(a))}^${factor(inner(b))}`, whole: true };
  },
  exp: ([x], inner) => ({ text: `e^${factor(inner(x))}`, whole: true }),
  neg: ([x], inner) => ({ text: `−${factor(inner(x))}`, whole: false }),
  abs: ([x], inner) => ({ text: `|${inner(x).text}|`, whole: true }),
  sqrt: ([x], inner) => ({ text: `√(${inner(x).text})`, whole: true }),
  norm: (cells) => ({
    text: `√(${listed(cells.map((one) => `${braced(valueOf(one))}²`), 6, 5)})`,
    whole: true,
  }),
  tanh: called("tanh"),
  sigmoid: called("σ"),
  cos: called("cos"),
  sin: called("sin"),
  log: called("ln"),
  relu: kept,
  leaky_relu: kept,
  sum: summed,
  mean: (cells, inner) => ({
    text: `(${summed(cells, inner, cells[0]).text}) / ${cells.length}`,
    whole: false,
  }),
  softmax: (cells, _inner, cell) => {
    const seen = cells.filter((one) => valueOf(one) > -Infinity);
    const top =
      cells[cells.findIndex((one) => Math.abs(weight(one, seen) - valueOf(cell)) < 1e-12)];
    return top ? { text: sharesSaid(top, seen, (one) => one), whole: false } : numberOf(cell);
  },
  maximum: better((a, b) => a >= b),
  minimum: better((a, b) => a <= b),
  where: ([which, a, b], inner) => inner(valueOf(which) ? a : b),
};

/** @type {(cell: Cell) => Written} */
const numberOf = (cell) => ({ text: short(valueOf(cell)), whole: true });
/** @type {(cell: Cell, all: Cell[]) => number} */
const weight = (cell, all) =>
  1 / all.reduce((sum, one) => sum + Math.exp(valueOf(one) - valueOf(cell)), 0);

/** √4 rather than 2 where the program divides by such a number. @param {Cell} cell */
function root(cell) {
  const number = valueOf(cell);
  const square = Math.round(number ** 2);
  const isRoot = cell.grid.literal && number > 1 && Math.abs(number ** 2 - square) < 1e-9;
  return isRoot ? `√${square}` : null;
}
