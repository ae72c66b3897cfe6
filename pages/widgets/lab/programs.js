// Programs by address: fetched once, those that a slider may need before it is moved.

/** @typedef {import("./replay.js").Program} Program */

const AT_ONCE = 4;
const KEPT = 600;
const WISHES = 120;

/**
 * Programs that are here, on their way, or refused.
 *
 * `found` gives a program, null while it is on its way, and false where there is none. `wish` fetches
 * a few at a time what may be asked for soon; a later wish replaces what is left of an earlier one.
 *
 * @param {(address: string) => Promise<Program>} load
 * @param {() => void} arrived  called when a program that was asked for is here, or refused
 */
export function createPrograms(load, arrived) {
  /** @type {Map<string, Program | null | false>} */
  const kept = new Map();
  /** @type {string[]} */
  let wishes = [];
  let busy = 0;

  /** @type {(address: string) => Promise<void>} */
  async function fetched(address) {
    busy++;
    keep(address, null);
    try {
      keep(address, await load(address));
    } catch {
      keep(address, false);
    }
    busy--;
  }

  /** @type {(address: string, program: Program | null | false) => void} */
  function keep(address, program) {
    kept.set(address, program);
    const oldest = kept.keys().next().value;
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  }

  function onwards() {
    while (busy < AT_ONCE && wishes.length) {
      const address = /** @type {string} */ (wishes.shift());
      if (!kept.has(address)) fetched(address).then(onwards);
    }
  }

  return {
    /** @type {(address: string) => Program | null | false} */
    found(address) {
      if (!kept.has(address)) fetched(address).then(arrived).then(onwards);
      return kept.get(address) ?? (kept.get(address) === false ? false : null);
    },
    /** @type {(addresses: string[]) => void} */
    wish(addresses) {
      wishes = addresses.filter((address) => !kept.has(address)).slice(0, WISHES);
      onwards();
    },
    /** What cannot be carried out here. @type {(address: string) => void} */
    refuse: (address) => keep(address, false),
  };
}

/** @type {(address: string) => Promise<Program>} */
export async function loaded(address) {
  const answer = await fetch(new URL(address, document.baseURI));
  if (!answer.ok) throw new Error(`There is no program at ${address}`);
  return await answer.json();
}
