// The line below the picture: whether Python computed the same, or why a number was not taken.
import { difference, isFresh } from "./computing.js";

const SMALL = 1e-9;

/** @type {(view: import("./view.js").View, line: HTMLElement) => void} */
export function check(view, line) {
  const { kind, text } = verdict(view);
  line.className = `check ${kind}`.trim();
  line.textContent = text;
}

/** @param {import("./view.js").View} view */
function verdict(view) {
  const { stage } = view;
  if (view.complaint) return { kind: "bad", text: view.complaint };
  if (!isFresh(view) || !(view.replayed || view.refused)) {
    return { kind: "", text: stage.word("checking") };
  }
  if (view.refused) return { kind: "good", text: `✓ ${stage.word("python")}` };
  const apart = difference(view);
  const said = { apart: apart.toExponential(0) };
  if (apart < SMALL) return { kind: "good", text: `✓ ${stage.word("checked", said)}` };
  return { kind: "bad", text: `✗ ${stage.word("differs", said)}` };
}
