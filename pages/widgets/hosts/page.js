// The first module of a picture's own page: no server behind it, nothing leaves it.

/** @import { Component } from "../shared/types.d.ts" */

/** @type {Record<string, (bytes: ArrayBuffer) => ArrayLike<number>>} */
const ARRAYS = {
  float32: (bytes) => new Float32Array(bytes),
  int32: (bytes) => new Int32Array(bytes),
  uint16: (bytes) => new Uint16Array(bytes),
  uint8: (bytes) => new Uint8Array(bytes),
};

/**
 * JSON with its arrays, {"dtype": …, "base64": …}, as typed arrays.
 * @param {string} text
 */
export function opened(text) {
  return JSON.parse(text, (_name, value) => {
    if (typeof value?.base64 !== "string") return value;
    const bytes = Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0));
    return ARRAYS[value.dtype](bytes.buffer);
  });
}

/**
 * Shows the picture, and once more whenever the page turns dark or light.
 * @param {(component: Component) => void} draw
 */
export function show(draw) {
  const data = opened(document.getElementById("data")?.textContent ?? "{}");
  const parentElement = /** @type {HTMLElement} */ (document.getElementById("picture"));
  const again = () => draw({ data, parentElement, setStateValue() {} });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  again();
}
