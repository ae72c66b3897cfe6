// The equation in pieces; a piece is lit while its stage is looked at.
import { element } from "../shared/stage.js";

/** A piece with its small letters below and above the line. @param {string} text */
function term(text) {
  const span = element("span", "term");
  for (const part of text.split(/([_^](?:\{[^}]*\}|.))/)) {
    const small = part.slice(1).replace(/[{}]/g, "");
    if (part.length < 2 || !"_^".includes(part[0])) span.append(part);
    else span.append(element(part[0] === "_" ? "sub" : "sup", "", small));
  }
  return span;
}

/** @type {(terms: [string, string][], look: (id: string) => void) => HTMLElement[]} */
export const equationOf = (terms, look) =>
  terms.map(([text, id]) => {
    const span = term(text);
    span.dataset.stage = id;
    span.onclick = () => look(id);
    return span;
  });

/** @type {(equation: HTMLElement, id: string) => void} */
export function light(equation, id) {
  for (const span of /** @type {Iterable<HTMLElement>} */ (equation.children)) {
    span.classList.toggle("lit", span.dataset.stage === id);
  }
}
