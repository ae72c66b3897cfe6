// Pieces of a page: text never becomes markup.
import { legible } from "./letters.js";

/**
 * An element with a class and text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} name
 * @param {string} [text]
 * @param {Record<string, string>} [attributes]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, name, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/**
 * "animal" as an element that cannot turn its neighbours round.
 * @param {string} text
 */
export function quoted(text) {
  return element("bdi", "quoted", legible(text));
}

/** @param {string} text */
export function plain(text) {
  return element("span", "plain", text);
}

/**
 * A canvas and what it is drawn with.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function context(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
