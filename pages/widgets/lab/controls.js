// Sliders and choices above the picture.
import { element } from "../shared/element.js";
import { ranged, standing } from "./experiment.js";

/** @import { Turned } from "../shared/pictures.d.ts" */
/** @import { View } from "./view.js" */
/** @typedef {(addresses: string[]) => void} Wish  that these programs come soon */
/** @typedef {{box: HTMLElement, show: () => void}} Control  `show` sets it to where the state is */

/** @type {(view: View, wish: Wish) => {build: () => boolean, settle: () => void}} */
export function createControls(view, wish) {
  const { stage } = view;
  /** @type {Control[]} */
  let controls = [];
  let built = "";
  return {
    /** Anew for another mechanism or language. @returns {boolean} whether there was anything new */
    build() {
      const { mechanism, knobs, terms } = view.data();
      const wanted = JSON.stringify([mechanism, knobs, terms, stage.data.text]);
      if (wanted === built) return false;
      built = wanted;
      controls = [
        ...knobs.map((knob) => turning(view, knob, wish)),
        headShown(view),
        choice(view, "looks", ["cross", "self"]),
        choice(view, "mask", ["none", "causal", "last"]),
      ];
      stage.controls.replaceChildren(...controls.map(({ box }) => box));
      return true;
    },
    settle: () => controls.forEach(({ show }) => show()),
  };
}

/** @type {(view: View, knob: Turned, wish: Wish) => Control} */
function turning(view, knob, wish) {
  const { box, input, value } = slider(knob);
  const { name, stops } = knob;
  input.oninput = () => {
    const number = stops.length ? stops[+input.value] : +input.value;
    view.change({ knobs: { ...view.state().knobs, [name]: number } });
  };
  input.onpointerdown = input.onfocus = () => wish(ranged(view.data(), view.state(), name));
  return {
    box,
    show() {
      const number = standing(view.data(), view.state(), name);
      input.value = String(stops.length ? stops.indexOf(number) : number);
      value.textContent = String(Math.round(number * 100) / 100);
      if (name === "queries") box.hidden = view.state().looks === "self";
    },
  };
}

/** @type {(view: View) => Control} */
function headShown(view) {
  const title = view.stage.word("head");
  const { box, input, value } = slider({ title, least: 1, most: 1, step: 1, stops: [] });
  input.oninput = () => view.stage.choose("head", +input.value - 1, 250);
  return {
    box,
    show() {
      box.hidden = view.heads() < 2;
      input.max = String(view.heads());
      input.value = String(view.head() + 1);
      value.textContent = `${view.head() + 1} / ${view.heads()}`;
    },
  };
}

/** @type {(view: View, name: "looks" | "mask", options: string[]) => Control} */
function choice(view, name, options) {
  const { stage } = view;
  const box = element("label", "knob choice");
  const list = element("select", "", "", { "aria-label": stage.word(name) });
  for (const option of options) {
    list.append(element("option", "", stage.word(option), { value: option }));
  }
  list.onchange = () => view.change({ [name]: list.value });
  box.append(element("span", "name", stage.word(name)), list);
  return { box, show: () => list.value = view.state()[name] };
}

/** @param {Pick<Turned, "title" | "stops" | "least" | "most" | "step">} knob */
function slider({ title, stops, least, most, step }) {
  const ends = stops.length
    ? { min: 0, max: stops.length - 1, step: 1 }
    : { min: least, max: most, step };
  const written = Object.entries(ends).map(([name, number]) => [name, String(number)]);
  const box = element("label", "knob");
  const value = element("span", "value");
  const input = element("input", "", "", {
    type: "range",
    "aria-label": title,
    ...Object.fromEntries(written),
  });
  box.append(element("span", "name", title), input, value);
  return { box, input, value };
}
