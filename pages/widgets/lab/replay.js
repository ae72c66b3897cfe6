// A program from Python, carried out here: what a slider changes is seen in the next frame.
import { ELEMENTWISE } from "./elementwise.js";
import { GATHERING } from "./gathering.js";
import { gridOf, isGrid, literal } from "./grid.js";
import { MOVING } from "./moving.js";
import { sourcesOf } from "./provenance.js";
import { sumOf } from "./saying.js";

/** @typedef {import("./grid.js").Grid} Grid */
/** @typedef {number | boolean} Shown */
/** @typedef {{shape: number[], bool: boolean, numbers: (number | string)[]}} Constant */
/**
 * @typedef {object} Program  see attention_core/mechanisms/program.py
 * @property {Record<string, number>} inputs
 * @property {Record<string, [number, number[]]>} parameters
 * @property {Record<string, Constant>} constants
 * @property {[string, unknown[], number[]][]} steps
 * @property {{id: string, place: number, size: [number, number, number], rows: string,
 *   columns: string, shares: boolean}[]} stages
 *
 * @typedef {object} Stage  one picture of the computation
 * @property {string} id
 * @property {Shown[][][]} heads  by head, row and column
 * @property {string} rows  what they count
 * @property {string} columns
 * @property {boolean} shares  whether its numbers are drawn like weights
 * @property {(row: number, column: number, head?: number) => Source[]} [from]
 * @property {(head: number, row: number, column: number) => string} [say]
 * @typedef {[string, number, number, number, number]} Source  stage, row, column, rows, columns
 */

/** Numbers that JSON cannot hold. @type {Record<string, number>} */
const ENDLESS = { Infinity, "-Infinity": -Infinity, NaN };

/** What this browser can do; anything else is left to Python. */
export const OPERATIONS = { ...ELEMENTWISE, ...MOVING, ...GATHERING };

/** @type {(name: string) => (...args: any[]) => any} */
function operation(name) {
  const found = OPERATIONS[name] ?? OPERATIONS[name.split(".")[0]];
  if (!found) throw new Error(`There is no operation ${name}`);
  return found;
}

/**
 * @typedef {object} Ready  a program whose words have been read once
 * @property {[number, Grid][]} constants
 * @property {((kept: Grid[]) => void)[]} steps
 */
/** @type {WeakMap<Program, Ready>} */
const known = new WeakMap();

/** @type {(program: Program) => Ready} */
function ready(program) {
  const found = known.get(program) ?? {
    constants: Object.entries(program.constants).map((
      [place, { shape, bool, numbers }],
    ) => /** @type {[number, Grid]} */ ([+place, gridOf(shape, numbers.map(Number), null, bool)])),
    steps: program.steps.map(taken),
  };
  known.set(program, found);
  return found;
}

/** @type {(step: Program["steps"][number]) => (kept: Grid[]) => void} */
function taken([name, args, results]) {
  const work = operation(name);
  const given = args.map(reading);
  return (kept) => {
    const found = work(...given.map((read) => read(kept)));
    if (!Array.isArray(found)) kept[results[0]] = isGrid(found) ? found : literal(found);
    else results.forEach((place, at) => kept[place] = found[at]);
  };
}

/** @type {(written: any) => (kept: Grid[]) => any} How an argument is found. */
function reading(written) {
  if (Array.isArray(written)) {
    const parts = written.map(reading);
    return (kept) => parts.map((read) => read(kept));
  }
  if (typeof written !== "string") return () => written;
  const place = written[0] === "%" ? +written.slice(1) : -1;
  return place < 0 ? () => ENDLESS[written] ?? written : (kept) => kept[place];
}

/**
 * Every tensor of the program, by place.
 * @type {(program: Program, given: Record<string, Grid>, learnt: Record<string, Grid>) => Grid[]}
 */
export function replayed(program, given, learnt) {
  const { constants, steps } = ready(program);
  /** @type {Grid[]} */
  const kept = [];
  for (const [name, place] of Object.entries(program.inputs)) kept[place] = given[name];
  for (const [name, [place]] of Object.entries(program.parameters)) kept[place] = learnt[name];
  for (const [place, grid] of constants) kept[place] = grid;
  for (const step of steps) step(kept);
  return kept;
}

/**
 * The stages of one computation, in order.
 * @type {(program: Program, given: Record<string, Grid>, learnt: Record<string, Grid>) => Stage[]}
 */
export function worked(program, given, learnt) {
  const kept = replayed(program, given, learnt);
  const named = new Map();
  for (const { id, place, size } of program.stages) {
    named.set(kept[place], [...(named.get(kept[place]) ?? []), { id, size }]);
  }
  return program.stages.map(({ id, place, size, rows, columns, shares }) => {
    const grid = kept[place];
    const at = (/** @type {number[]} */ ...[head, row, column]) =>
      (head * size[1] + row) * size[2] + column;
    return {
      id,
      rows,
      columns,
      shares,
      heads: nested(grid, size),
      from: (row, column, head = 0) => sourcesOf({ grid, at: at(head, row, column) }, named),
      say: (head, row, column) => sumOf({ grid, at: at(head, row, column) }, named),
    };
  });
}

/** @type {(grid: Grid, size: number[]) => Shown[][][]} */
export function nested({ data, bool }, [heads, rows, columns]) {
  const found = [];
  for (let head = 0, at = 0; head < heads; head++) {
    /** @type {Shown[][]} */
    const matrix = [];
    for (let row = 0; row < rows; row++, at += columns) {
      const numbers = Array.prototype.slice.call(data, at, at + columns);
      matrix.push(bool ? numbers.map(Boolean) : numbers);
    }
    found.push(matrix);
  }
  return found;
}

/** @type {(rows: any) => Grid} Nested lists of numbers as a grid. */
export function gridFrom(rows) {
  const shape = [];
  for (let inner = rows; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const flat = [rows].flat(Infinity);
  return gridOf(shape, flat.map(Number), null, typeof flat[0] === "boolean");
}

/**
 * Whether these are the parameters that a program wants: the seed fills equal sizes equally.
 * @type {(program: Program, learnt: Record<string, Grid>) => boolean}
 */
export const fits = (program, learnt) =>
  Object.entries(program.parameters).every(([name, [, shape]]) =>
    learnt[name] && String(learnt[name].shape) === String(shape)
  );

/** @type {(one: Shown[][][], other: Shown[][][]) => number} The largest difference of two stages. */
export function distance(one, other) {
  const [a, b] = [one, other].map((heads) => [heads].flat(3).map(Number));
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, x, at) => {
    const apart = Object.is(x, b[at]) ? 0 : Math.abs(x - b[at]);
    return Number.isNaN(apart) ? Infinity : Math.max(most, apart);
  }, 0);
}
