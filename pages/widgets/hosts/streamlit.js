// A widget on a page of Streamlit: what is large in its data lies at an address and is fetched once.
import { numbers, Planes } from "../shared/planes.js";

/** @import { Component } from "../shared/types.d.ts" */

/** @typedef {{ at: string, dtype: string, bytes: number, shape?: number[], large?: boolean }} Addressed */
/** @typedef {{ value: unknown, bytes: number }} Kept */
/** @typedef {{ bytes: ArrayBuffer, packed: boolean }} Part packed = compressed */

/** Bytes of data that are kept in a tab; the browser's own cache has the rest. */
const MOST = 64 << 20;
/** Parts that came along with messages and wait to be asked for, at most. */
const ALONG = 100;

/** @type {Map<string, Kept>} what was fetched by its address, the latest last */
const kept = new Map();
/** @type {Map<string, Set<string>>} the addresses of each widget where nothing was */
const missing = new Map();
/** @type {WeakMap<HTMLElement, { component: Component, close?: () => void }>} what each place shows */
const lives = new WeakMap();

/**
 * @param {any} value
 * @returns {value is Addressed}
 */
const addressed = (value) => typeof value?.at === "string";

/** @type {Map<string, Promise<ArrayBuffer>>} what is on its way, by its path */
const underway = new Map();
/** @type {Map<string, Part>} what came along, by its path */
const along = new Map();
/** @type {WeakMap<Uint8Array, Record<string, any>>} messages that were read */
const messages = new WeakMap();

/** @param {ArrayBuffer | Uint8Array} bytes */
const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/**
 * A picture's data; what came along waits until it is asked for.
 * @param {Uint8Array<ArrayBuffer>} message as `pages.widgets.message` puts it together
 */
function read(message) {
  const known = messages.get(message);
  if (known) return known;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const [end, begin] = [8 + view.getUint32(0, true), view.getUint32(4, true)];
  const data = json(message.subarray(8, end));
  let at = end + begin;
  for (const [path, size, packed] of json(message.subarray(end, at))) {
    along.set(path, { bytes: message.slice(at, at += size).buffer, packed });
  }
  for (const path of [...along.keys()].slice(0, -ALONG)) along.delete(path);
  messages.set(message, data);
  return data;
}

/** @param {ArrayBuffer} bytes */
async function unpacked(bytes) {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const all = new Response(readable).arrayBuffer();
  await Promise.all([writer.write(bytes), writer.close()]);
  return await all;
}

/** @param {string} path */
async function answered(path) {
  const here = along.get(path);
  if (here && along.delete(path)) return await unpacked(here.bytes);
  const answer = await fetch(new URL(path, document.baseURI));
  if (!answer.ok) throw new Error(`${answer.status} for ${path}`);
  return await answer.arrayBuffer();
}

/**
 * What lies there: at once where it came along as it is, else once for all who ask meanwhile.
 * @param {string} path
 */
function fetched(path) {
  const here = along.get(path);
  if (here && !here.packed) return here.bytes;
  const asked = underway.get(path) ?? answered(path).finally(() => underway.delete(path));
  underway.set(path, asked);
  return asked;
}

/**
 * @param {string} address
 * @param {Kept} one
 */
function keep(address, one) {
  kept.delete(address);
  kept.set(address, one);
  let all = [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [oldest, { bytes }] of kept) {
    if (all <= MOST || oldest === address) break;
    kept.delete(oldest);
    all -= bytes;
  }
  return one.value;
}

/**
 * Tells Python what was not where it should be, so that it sends it inside a message.
 * @param {Component} component
 * @param {string} address
 */
function miss(component, address) {
  const { id } = component.data;
  const all = missing.get(id) ?? new Set();
  missing.set(id, all.add(address));
  component.setStateValue("missing", [...all].slice(-50));
}

/**
 * Bytes as the value that they are.
 * @param {Addressed} given
 * @param {ArrayBuffer} found
 */
function made({ at, dtype, bytes }, found) {
  return keep(at, { value: dtype === "json" ? json(found) : numbers(dtype, found), bytes });
}

/**
 * A value that is here, or that asks for its parts when they are drawn; undefined where it is to
 * be fetched.
 * @param {Component} component
 * @param {Addressed} given
 */
function here(component, given) {
  const { at, dtype, bytes, shape, large = false } = given;
  const known = kept.get(at);
  if (known) return keep(at, known);
  const missed = (/** @type {unknown} */ error) => {
    miss(component, at);
    throw error;
  };
  if (shape) {
    const ask = (/** @type {string} */ part) => {
      const found = fetched(`${at}/${part}`);
      return found instanceof ArrayBuffer ? found : found.catch(missed);
    };
    return keep(at, { value: new Planes(dtype, shape, ask, large), bytes });
  }
  const found = fetched(at);
  return found instanceof ArrayBuffer ? made(given, found) : undefined;
}

/**
 * The data with every value in its place; null where something is still to come.
 * @param {Component} component
 */
function whole(component) {
  const all = Object.entries(component.data).map(([name, one]) => [
    name,
    addressed(one) ? here(component, one) : one,
  ]);
  return all.some(([, one]) => one === undefined) ? null : Object.fromEntries(all);
}

/**
 * The same, as soon as all is there; null where something is missing, which Python is told.
 * @param {Component} component
 */
async function coming(component) {
  const all = await Promise.all(
    Object.entries(component.data).map(async ([name, one]) => {
      if (!addressed(one)) return [name, one];
      try {
        return [name, here(component, one) ?? made(one, await fetched(one.at))];
      } catch {
        return miss(component, one.at);
      }
    }),
  );
  const found = all.filter((one) => one !== undefined);
  return found.length === all.length ? Object.fromEntries(found) : null;
}

/**
 * A widget's mounting function.
 * @param {(component: Component) => (() => void)} draw
 * @param {string[]} styles the text of its style sheets
 */
export function shower(draw, styles) {
  const sheets = styles.map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return (/** @type {Component} */ component) =>
    mounted({ ...component, data: read(component.data) }, draw, sheets);
}

/**
 * Draws at once what is all here, and the rest when it has come, unless something newer came first.
 * @param {Component} component
 * @param {(component: Component) => (() => void)} draw
 * @param {CSSStyleSheet[]} sheets
 */
function mounted(component, draw, sheets) {
  const host = component.parentElement;
  const root = /** @type {ShadowRoot | Document} */ (host.getRootNode());
  const mark = root instanceof ShadowRoot ? root.host : host;
  const life = lives.get(host) ?? { component };
  lives.set(host, life);
  life.component = component;
  const mine = () => lives.get(host) === life && life.component === component;
  const drawn = (/** @type {Record<string, any> | null} */ data) => {
    if (!data || !mine()) return;
    mark.removeAttribute("data-coming");
    const lacking = sheets.filter((one) => !root.adoptedStyleSheets.includes(one));
    root.adoptedStyleSheets.push(...lacking);
    life.close = draw({ ...component, data });
  };
  const here = whole(component);
  mark.setAttribute("data-coming", "");
  if (here) drawn(here);
  else coming(component).then(drawn);
  return () => {
    if (mine() && lives.delete(host)) life.close?.();
  };
}
