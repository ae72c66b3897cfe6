// What is shown: the program carried out here, or what Python computed until it is.
import { addressOf, canonical, inputsOf, invented, neighbours } from "./experiment.js";
import { createPrograms, loaded } from "./programs.js";
import { distance, fits, gridFrom, worked } from "./replay.js";

/** @typedef {import("./view.js").View} View */

/**
 * Keeps the view's stages: `compute` after every change, `difference` from Python's own.
 * @param {View} view
 */
export function createComputing(view) {
  const programs = createPrograms(loaded, () => view.paint());
  /** @type {{of: unknown, grids: Record<string, import("./grid.js").Grid>}} */
  let learnt = { of: null, grids: {} };
  let shown = "";

  function parameters() {
    const of = view.data().parameters;
    if (learnt.of !== of) {
      const grids = Object.entries(of).map(([name, rows]) => [name, gridFrom(rows)]);
      learnt = { of, grids: Object.fromEntries(grids) };
    }
    return learnt.grids;
  }

  /** The stages as this browser computes them; null while it cannot. */
  function replayed() {
    const address = addressOf(view.data(), view.state());
    const program = programs.found(address);
    view.refused = program === false;
    if (!program || !invented(view.data(), view.state()) || !fits(program, parameters())) {
      return null;
    }
    try {
      const stages = worked(program, inputsOf(view.data(), view.state()), parameters());
      programs.wish(neighbours(view.data(), view.state()));
      return stages;
    } catch (problem) {
      console.warn(`Python computes this instead: ${problem}`);
      programs.refuse(address);
      view.refused = true;
      return null;
    }
  }

  return {
    wish: programs.wish,
    compute() {
      const { mechanism, trace } = view.data();
      const stages = replayed();
      view.replayed = stages !== null;
      view.late = !view.replayed && !isFresh(view);
      if (stages) view.stages = stages;
      else if (!view.late || view.refused || shown !== mechanism) view.stages = trace;
      shown = mechanism;
      const allowed = view.stages.find(({ id }) => id === "allowed")?.heads ?? [];
      view.allowed = allowed[Math.min(view.head(), allowed.length - 1)] ?? [];
    },
  };
}

/** Whether Python has computed what the reader wants now. @param {View} view */
export const isFresh = (view) => canonical(view.data().trace_of) === canonical(view.state());

/** How far the picture is from Python's computation of the same. @param {View} view */
export function difference({ stages, data }) {
  const python = new Map(data().trace.map(({ id, heads }) => [id, heads]));
  return Math.max(0, ...stages.map(({ id, heads }) => distance(heads, python.get(id) ?? [])));
}
