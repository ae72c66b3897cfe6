// Two columns of words and the lines between: where everything goes, and how it is drawn.
import { legible, measure, shortened, two } from "../shared/letters.js";

/** @import { HeadView } from "../shared/pictures.d.ts" */
/** @import { Numbers, Planes } from "../shared/planes.js" */
/** @import { Pen, TextStyle, Theme } from "../shared/types.d.ts" */
/** @import { Side } from "../shared/words.js" */

/**
 * One head of the layer. Its numbers are in steps of FULL, and null while they are still to come.
 * @typedef {object} Head
 * @property {number} number
 * @property {(query: number, key: number) => number} share of the row's largest weight
 * @property {(query: number) => Numbers | null | undefined} row over the keys
 * @property {(key: number) => Numbers | null | undefined} column over the queries
 */
/** @typedef {{ side: Side, index: number }} Word */
/** @typedef {{ queries: number[] | null, keys: number[] | null }} Focus null = all */
/** @typedef {{ side: Side, of: number[][] }} Tally for each word of a side, for each head */
/** @typedef {{ shown: Head[], focus: Focus, pointed: Word | null, heading: string[] }} Shown */
/** @typedef {ReturnType<typeof viewPlan>} Plan */

const FULL = 65535;
const FAINTEST = 0.04;
const CROWDED = 0.12;
const LEVELS = 12;
/** Pixels of all lines together; of longer ones the strongest are drawn, so that it takes no time. */
const INK = 5e6;
const HEADER = 26;

/**
 * Rows, columns of words and the room between them.
 * @param {Pick<HeadView, "rows" | "columns">} data
 * @param {number} width
 * @param {Pick<Theme, "font">} theme
 * @param {{ narrow: boolean, shown: number }} how
 */
export function viewPlan(data, width, theme, { narrow, shown }) {
  const [rows, columns] = [data.rows.length, data.columns.length];
  const count = Math.max(rows, columns);
  const rowHeight = narrow ? 34 : count > 80 ? 24 : count > 30 ? 27 : count > 16 ? 32 : 36;
  const size = narrow || count > 80 ? 15 : count > 16 ? 16 : 18;
  const box = narrow ? 0 : Math.max(4, Math.min(14, Math.floor(132 / Math.max(1, shown))));
  const side = 44 + box * shown + (box ? 8 : 0);
  const most = narrow ? (width - 2 * side) * 0.38 : 240;
  const widest = (/** @type {string[]} */ labels) =>
    Math.min(
      most,
      labels.reduce((w, text) => Math.max(w, measure(legible(text), size, theme, 600)), 20) + 20,
    );
  const words = [Math.ceil(widest(data.rows)), Math.ceil(widest(data.columns))];
  const between = Math.min(width - 2 * side - words[0] - words[1], 560);
  const start = Math.max(0, Math.floor((width - between - words[0] - words[1] - 2 * side) / 2));
  const left = start + side;
  const from = left + words[0];
  const to = from + between;
  return {
    rowHeight,
    size,
    box,
    side,
    words,
    from,
    to,
    width,
    x: [left, to],
    height: HEADER + count * rowHeight + 6,
    y: (/** @type {number} */ index) => HEADER + (index + 0.5) * rowHeight,
  };
}

/**
 * @param {Pick<HeadView, "allowed" | "columns">} data
 * @param {number} query
 * @param {number} key
 */
export const allowed = (data, query, key) =>
  data.allowed === null || data.allowed[query * data.columns.length + key] > 0;

/**
 * What is lit now: queries and keys under the pointer or pinned; null = everything.
 * @param {number[]} pins
 * @param {Word | null} pointed
 * @returns {Focus}
 */
export function lit(pins, pointed) {
  if (pointed?.side === 1) return { queries: pins.length ? pins : null, keys: [pointed.index] };
  const queries = pointed ? [...new Set([...pins, pointed.index])] : pins;
  return { queries: queries.length ? queries : null, keys: null };
}

/**
 * Every look that is strong enough for a line, with its strength from 1 to LEVELS.
 * @param {Pick<HeadView, "rows" | "columns">} data
 * @param {Head[]} shown
 * @param {Focus} focus
 * @param {(level: number, query: number, key: number, number: number) => void} visit
 */
function each(data, shown, focus, visit) {
  const queries = focus.queries ?? data.rows.map((_, index) => index);
  const keys = focus.keys ?? data.columns.map((_, index) => index);
  const faintest = focus.queries || focus.keys ? FAINTEST : CROWDED;
  for (const { number, share: strength } of shown) {
    for (const query of queries) {
      for (const key of keys) {
        const share = strength(query, key);
        if (share >= faintest) visit(Math.ceil(share * LEVELS), query, key, number);
      }
    }
  }
}

/**
 * The strength at which the ink ends, and of how many such lines one is drawn.
 * @param {number[]} needed ink for the lines of each strength
 * @param {number} ink
 */
function spent(needed, ink) {
  let left = ink;
  for (let level = needed.length - 1; level > 0; level--) {
    if (needed[level] > left) return { least: level, every: Math.ceil(needed[level] / left) };
    left -= needed[level];
  }
  return { least: 0, every: 1 };
}

/**
 * Lines gathered by head and strength, so that each gathering is one stroke; of too many the
 * strongest, evenly chosen among those of one strength.
 * @param {Pick<HeadView, "rows" | "columns">} data
 * @param {Pick<Plan, "from" | "to" | "y">} plan
 * @param {Head[]} shown
 * @param {Focus} focus
 * @param {number} [ink]
 */
export function lines(data, plan, shown, focus, ink = INK) {
  /** @type {number[]} */
  const needed = Array(LEVELS + 1).fill(0);
  const wide = plan.to - plan.from;
  let all = 0;
  each(data, shown, focus, (level, query, key) => {
    needed[level] += wide + Math.abs(plan.y(query) - plan.y(key));
    all++;
  });
  const { least, every } = spent(needed, ink);
  /** @type {Map<number, { number: number, level: number, d: string[] }>} */
  const gathered = new Map();
  const bend = wide * 0.42;
  let [met, drawn] = [0, 0];
  each(data, shown, focus, (level, query, key, number) => {
    if (level < least || (level === least && met++ % every)) return;
    const id = number * 100 + level;
    const one = gathered.get(id) ?? { number, level, d: [] };
    gathered.set(id, one);
    const [y, z] = [plan.y(query), plan.y(key)];
    one.d.push(
      `M${plan.from},${y}C${plan.from + bend},${y} ${plan.to - bend},${z} ${plan.to},${z}`,
    );
    drawn++;
  });
  const strokes = [...gathered.values()].sort((a, b) => a.level - b.level);
  return { strokes, drawn, all };
}

/**
 * How strong each look of a head is beside the strongest of its row: told by shades, or worked out.
 * @param {Planes} planes
 * @param {number} place
 * @param {() => void} again  called when there is more to tell
 * @returns {Head["share"] | null}
 */
export function shares(planes, place, again) {
  const { columns } = planes;
  if (planes.large) {
    const seen = planes.shades(place, "row", again);
    return seen && ((query, key) => seen.steps[query * columns + key] / 255);
  }
  const weights = planes.whole(place, again);
  if (!weights) return null;
  const most = Array.from(
    { length: planes.rows },
    (_, query) => Math.max(1, ...weights.subarray(query * columns, (query + 1) * columns)),
  );
  return (query, key) => weights[query * columns + key] / most[query];
}

/**
 * The weights of each head over the words of the other side: from one query, or to one key; null
 * while they are still to come.
 * @param {Head[]} shown
 * @param {Word} word
 * @returns {Numbers[] | null}
 */
export function looks(shown, { side, index }) {
  const found = shown.flatMap((head) => (side ? head.column(index) : head.row(index)) ?? []);
  return found.length === shown.length ? found : null;
}

/**
 * For the words of the other side, the mean weight of each head over words of one side.
 * @param {Head[]} shown
 * @param {Word[]} words
 * @returns {((index: number) => number[]) | null}
 */
export function means(shown, words) {
  const all = words.flatMap((word) => {
    const found = looks(shown, word);
    return found ? [found] : [];
  });
  if (all.length < words.length) return null;
  const sum = (/** @type {number} */ head, /** @type {number} */ index) =>
    all.reduce((whole, found) => whole + found[head][index], 0);
  return (index) => shown.map((_, head) => sum(head, index) / (FULL * all.length));
}

/**
 * For one side, the number and the boxes of each word; null where nothing is to be said yet.
 * @param {Pick<HeadView, "rows" | "columns">} data
 * @param {Head[]} shown
 * @param {Focus} focus
 * @param {Word | null} pointed
 * @returns {Tally | null}
 */
function tallies(data, shown, focus, pointed) {
  const { queries } = focus;
  /** @type {Word[]} */
  const words = pointed?.side === 1
    ? [pointed]
    : (queries ?? []).map((index) => ({ side: 0, index }));
  const found = words.length ? means(shown, words) : null;
  if (!found) return null;
  const others = words[0].side ? data.rows : data.columns;
  return { side: words[0].side ? 0 : 1, of: others.map((_, index) => found(index)) };
}

/** @param {number[]} values */
export const average = (values) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/**
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {{ shown: Head[], tally: Tally, open: (index: number) => boolean }} what
 */
function drawTallies(pen, plan, theme, { shown, tally, open }) {
  const most = Math.max(...tally.of.map(average));
  const right = tally.side === 1;
  const edge = right ? plan.to + plan.words[1] : plan.x[0];
  tally.of.forEach((values, index) => {
    const total = average(values);
    if (total >= 0.005) {
      pen.text(edge + (right ? 40 : -40), plan.y(index), two(total), {
        size: plan.size - 1,
        anchor: right ? "end" : "start",
        weight: total === most ? 600 : 400,
        fill: total >= most * 0.3 ? theme.ink : theme.quiet,
      });
    }
    if (open(index)) drawBoxes(pen, plan, theme, { shown, side: tally.side, values, index });
  });
}

/**
 * One box a head beside a word, or, where there is no room for them, one under it.
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {{ shown: Head[], side: Side, values: number[], index: number }} what
 */
function drawBoxes(pen, plan, theme, { shown, side, values, index }) {
  const y = plan.y(index);
  const start = side ? plan.to + plan.words[1] + 48 : plan.x[0] - 48 - shown.length * plan.box;
  values.forEach((value, place) => {
    const opacity = Math.max(0.06, Math.min(1, value));
    const fill = theme.heads[shown[place].number % theme.heads.length];
    if (plan.box) {
      const [x, high] = [start + place * plan.box, plan.rowHeight * 0.6];
      pen.rect(x, y - high / 2, plan.box - 1, high, { fill, opacity });
    } else {
      const step = (plan.words[side] - 8) / shown.length;
      const x = plan.x[side] + 4 + place * step;
      pen.rect(x, y + plan.rowHeight / 2 - 5, step - 0.5, 4, { fill, opacity });
    }
  });
}

/**
 * All lines and what is said of the words in focus; tells how many lines were drawn, and of how many.
 * @param {Pen} pen
 * @param {HeadView} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {Shown} how
 */
export function drawView(pen, data, plan, theme, { shown, focus, pointed, heading }) {
  /** @type {TextStyle} */
  const title = { size: 14, fill: theme.quiet };
  pen.text(plan.from - 8, HEADER / 2 - 2, heading[0], { ...title, anchor: "end" });
  pen.text(plan.to + 8, HEADER / 2 - 2, heading[1], title);
  const alone = focus.queries !== null || focus.keys !== null;
  const crowd = alone ? 0.95 : shown.length > 3 ? 0.5 : 0.8;
  const { strokes, drawn, all } = lines(data, plan, shown, focus);
  for (const { number, level, d } of strokes) {
    const share = level / LEVELS;
    pen.path(d.join(""), {
      stroke: theme.heads[number % theme.heads.length],
      width: (alone ? 1.1 : 0.8) + 1.6 * share * (alone ? 1 : 0.6),
      opacity: crowd * share,
    });
  }
  const tally = tallies(data, shown, focus, pointed);
  const open = (/** @type {number} */ index) =>
    pointed?.side === 1
      ? allowed(data, index, pointed.index)
      : (focus.queries ?? []).some((query) => allowed(data, query, index));
  if (tally) drawTallies(pen, plan, theme, { shown, tally, open });
  return { drawn, all };
}

/**
 * Words for the file; on the screen they are buttons.
 * @param {Pen} pen
 * @param {HeadView} data
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {number[]} pins
 */
export function drawWords(pen, data, plan, theme, pins) {
  [data.rows, data.columns].forEach((labels, side) =>
    labels.forEach((text, i) => {
      const weight = side === 0 && pins.includes(i) ? 600 : 400;
      const title = legible(text);
      const word = shortened(title, plan.words[side] - 16, plan.size, theme, weight);
      const x = side ? plan.to + 8 : plan.from - 8;
      if (weight === 600) markPin(pen, plan, theme, i, measure(word, plan.size, theme, 600) + 16);
      pen.text(x, plan.y(i), word, {
        size: plan.size,
        anchor: side ? "start" : "end",
        fill: [data.special_rows, data.special_columns][side].includes(i) ? theme.quiet : theme.ink,
        weight,
        title,
      });
    })
  );
}

/**
 * @param {Pen} pen
 * @param {Plan} plan
 * @param {Theme} theme
 * @param {number} pin
 * @param {number} width
 */
function markPin(pen, plan, theme, pin, width) {
  const [x, top] = [plan.from - width, plan.y(pin) - plan.rowHeight / 2 + 1];
  pen.rect(x, top, width, plan.rowHeight - 2, { fill: theme.accent, opacity: 0.16, radius: 5 });
  pen.rect(x + 2, top + plan.rowHeight - 5, width - 4, 3, { fill: theme.accent });
}

/**
 * Which colour is which head, for the foot of the file.
 * @param {Pen} pen
 * @param {number} y
 * @param {Theme} theme
 * @param {Head[]} shown
 */
export function drawKey(pen, y, theme, shown) {
  shown.forEach(({ number }, place) => {
    const x = place * 52;
    pen.rect(x, y - 6, 12, 12, { fill: theme.heads[number % theme.heads.length], radius: 6 });
    pen.text(x + 18, y, String(number + 1), { size: 15, fill: theme.quiet });
  });
}
