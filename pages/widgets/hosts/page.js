// The first module of a picture's own page: no server behind it, nothing leaves it.

/** @import { Component } from "../shared/types.d.ts" */

/**
 * Shows the picture, and once more whenever the page turns dark or light.
 * @param {(component: Component) => void} draw
 */
export function show(draw) {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
  const parentElement = /** @type {HTMLElement} */ (document.getElementById("picture"));
  const again = () => draw({ data, parentElement, setStateValue() {} });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  again();
}
