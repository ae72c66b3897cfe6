// @ts-check
// Sliders and choices above the picture.
import { element } from "../shared/stage.js";
import { ranged, standing } from "./experiment.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./experiment.js").Knob} Knob */

/**
 * @param {View} view
 * @param {(addresses: string[]) => void} wish
 */
export function createControls(view, wish) {
  const { stage } = view;
  /** @type {Map<string, {box: HTMLElement, show: () => void}>} */
  const controls = new Map();
  let built = "";

  /** @type {(knob: Knob) => HTMLElement} */
  function turned(knob) {
    const { box, input, value } = slider(knob);
    const { name, stops } = knob;
    input.oninput = () => {
      const number = stops.length ? stops[+input.value] : +input.value;
      view.change({ knobs: { ...view.state().knobs, [name]: number } });
    };
    input.onpointerdown = input.onfocus = () => wish(ranged(view.data(), view.state(), name));
    controls.set(name, {
      box,
      show() {
        const number = standing(view.data(), view.state(), name);
        input.value = String(stops.length ? stops.indexOf(number) : number);
        value.textContent = String(Math.round(number * 100) / 100);
        if (name === "queries") box.hidden = view.state().looks === "self";
      },
    });
    return box;
  }

  function headShown() {
    const { box, input, value } = slider({
      name: "head",
      title: stage.word("head"),
      least: 1,
      most: 1,
      start: 1,
      step: 1,
      stops: [],
    });
    input.oninput = () => stage.choose("head", +input.value - 1, 250);
    controls.set("head", {
      box,
      show() {
        box.hidden = view.heads() < 2;
        input.max = String(view.heads());
        input.value = String(view.head() + 1);
        value.textContent = `${view.head() + 1} / ${view.heads()}`;
      },
    });
    return box;
  }

  /** @type {(name: "looks" | "mask", options: string[]) => HTMLElement} */
  function choice(name, options) {
    const box = element("label", "knob choice");
    const list = element("select", "", "", { "aria-label": stage.word(name) });
    for (const option of options) {
      list.append(element("option", "", stage.word(option), { value: option }));
    }
    list.onchange = () => view.change({ [name]: list.value });
    box.append(element("span", "name", stage.word(name)), list);
    controls.set(name, { box, show: () => list.value = view.state()[name] });
    return box;
  }

  return {
    /** Anew for another mechanism or language. @returns {boolean} whether there was anything new */
    build() {
      const { mechanism, knobs, terms } = view.data();
      const wanted = JSON.stringify([mechanism, knobs, terms, stage.data.text]);
      if (wanted === built) return false;
      built = wanted;
      controls.clear();
      stage.controls.replaceChildren(
        ...knobs.map(turned),
        headShown(),
        choice("looks", ["cross", "self"]),
        choice("mask", ["none", "causal", "last"]),
      );
      return true;
    },
    settle: () => controls.forEach(({ show }) => show()),
  };
}

/** @param {Knob} knob */
function slider({ title, stops, least, most, step }) {
  const box = element("label", "knob");
  const value = element("span", "value");
  const input = element("input", "", "", {
    type: "range",
    "aria-label": title,
    min: stops.length ? 0 : least,
    max: stops.length ? stops.length - 1 : most,
    step: stops.length ? 1 : step,
  });
  box.append(element("span", "name", title), input, value);
  return { box, input, value };
}
