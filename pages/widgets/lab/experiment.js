// What the reader wants to see computed: numbers, masks, where the knobs stand.
import { gridFrom } from "./replay.js";

/** @import { Grid } from "./grid.js" */
/** @import { Lab, Settings, Turned } from "../shared/pictures.d.ts" */
/** @typedef {"query" | "key" | "value"} Part */

/** @type {Part[]} */
export const INPUTS = ["query", "key", "value"];
/** The largest number a reader may type. */
export const GREATEST = 1000;
/** Python invents numbers and parameters anew when these are turned. */
const INVENTING = ["numbers", "width"];

/** Where a knob stands. @type {(data: Lab, state: Settings, name: string) => number} */
export const standing = (data, state, name) =>
  state.knobs[name] ?? data.knobs.find((knob) => knob.name === name)?.start ?? 0;

/** Every number that a knob may stand at, in order. @type {(knob: Turned) => number[]} */
export function standings({ stops, least, most, step }) {
  if (stops.length) return stops;
  const count = Math.round((most - least) / step) + 1;
  return Array.from({ length: count }, (_, at) => Number((least + at * step).toFixed(10)));
}

/** The numbers of one part, edits included. @type {(data: Lab, state: Settings, part: Part) => number[][]} */
export function rowsOf(data, state, part) {
  const itself = state.looks === "self";
  const source = itself ? "query" : part;
  const count = standing(data, state, part === "query" && !itself ? "queries" : "keys");
  const edits = state.edits[source] ?? {};
  const rows = data.base[source].slice(0, count);
  if (!Object.keys(edits).length) return rows;
  return rows.map((row, r) => row.map((number, c) => edits[`${r},${c}`] ?? number));
}

/** What the mask leaves. @type {(mask: string, queries: number, keys: number) => boolean[][]} */
export function allowedBy(mask, queries, keys) {
  const may = (/** @type {number} */ row, /** @type {number} */ column) =>
    mask === "causal" ? column <= row : mask === "last" ? column < keys - 1 : true;
  return Array.from(
    { length: queries },
    (_, row) => Array.from({ length: keys }, (_, column) => may(row, column)),
  );
}

/** All inputs of a program. @type {(data: Lab, state: Settings) => Record<string, Grid>} */
export function inputsOf(data, state) {
  const [query, key, value] = INPUTS.map((part) => rowsOf(data, state, part));
  const allowed = allowedBy(state.mask, query.length, key.length);
  const temperature = standing(data, state, "temperature");
  const given = Object.entries({ query, key, value, allowed, temperature });
  return Object.fromEntries(given.map(([name, rows]) => [name, gridFrom(rows)]));
}

/** Where the program of a state is. @type {(data: Lab, state: Settings) => string} */
export function addressOf(data, state) {
  const itself = state.looks === "self";
  const turned = data.turning.map((name) => {
    const from = name === "queries" && itself ? "keys" : name;
    return `${name}=${standing(data, state, from)}`;
  });
  return `${data.program}?${turned.join("&")}`;
}

/** The same state as one word, whatever the order it was made in. @param {Settings} state */
export const canonical = (state) =>
  JSON.stringify([
    Object.entries(state.knobs).sort(),
    state.looks,
    state.mask,
    INPUTS.map((part) => Object.entries(state.edits[part] ?? {}).sort()),
  ]);

/** Whether Python has invented the numbers of this state. @type {(data: Lab, state: Settings) => boolean} */
export const invented = (data, state) =>
  INVENTING.every((name) => standing(data, data.trace_of, name) === standing(data, state, name));

/**
 * The addresses that one move of a slider or of who looks leads to.
 * @type {(data: Lab, state: Settings) => string[]}
 */
export function neighbours(data, state) {
  const looks = state.looks === "self" ? "cross" : "self";
  const near = data.turning.flatMap((name) => ranged(data, state, name).slice(1, 3));
  return [addressOf(data, { ...state, looks }), ...near];
}

/** The addresses of all that one knob may stand at, the nearest first.
 * @type {(data: Lab, state: Settings, name: string) => string[]} */
export function ranged(data, state, name) {
  const knob = data.knobs.find((one) => one.name === name);
  if (!knob || !data.turning.includes(name)) return [];
  const all = standings(knob);
  const here = all.indexOf(standing(data, state, name));
  const apart = (/** @type {number} */ number) => Math.abs(all.indexOf(number) - here);
  return all.toSorted((a, b) => apart(a) - apart(b)).map((number) =>
    addressOf(data, { ...state, knobs: { ...state.knobs, [name]: number } })
  );
}

/** What was typed as a number, NaN where it is none to compute with. @param {string} typed */
export function numberTyped(typed) {
  const text = typed.trim().replace("−", "-").replace(",", ".");
  const number = text === "" ? NaN : Number(text);
  return Math.abs(number) <= GREATEST ? number : NaN;
}
