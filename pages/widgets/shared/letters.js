// Text that was typed by somebody else: measured, cut and shown as it is.

const ruler = document.createElement("canvas").getContext("2d");
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });
const widths = new Map();

/** What can be drawn and written to XML: control characters become visible signs. */
export function legible(text) {
  return text
    .replaceAll("\n", "↵")
    .replaceAll("\t", "⇥")
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd");
}

/** Keeps a right-to-left word from turning its neighbours round. */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}

/** Width in px of one line of text. */
export function measure(text, size, theme, weight = 400) {
  const font = `${weight} ${size}px ${theme.font}`;
  const id = font + "\n" + text;
  let width = widths.get(id);
  if (width === undefined) {
    if (widths.size > 20000) widths.clear();
    ruler.font = font;
    width = ruler.measureText(text).width;
    widths.set(id, width);
  }
  return width;
}

/** The text itself, or as many of its letters as fit with an ellipsis. */
export function shortened(text, room, size, theme, weight = 400) {
  if (measure(text, size, theme, weight) <= room) return text;
  const letters = Array.from(graphemes.segment(text.slice(0, 400)), (part) => part.segment);
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const tried = letters.slice(0, middle).join("") + "…";
    if (measure(tried, size, theme, weight) <= room) low = middle;
    else high = middle - 1;
  }
  return letters.slice(0, low).join("") + "…";
}

/** Lines no wider than `room`, broken between words of any script. */
export function wrapped(text, room, size, theme) {
  const lines = [""];
  for (const { segment } of words.segment(text)) {
    const tried = lines[lines.length - 1] + segment;
    if (measure(tried.trimEnd(), size, theme) <= room || lines[lines.length - 1] === "") {
      lines[lines.length - 1] = tried;
    } else lines.push(segment.trimStart());
  }
  return lines.map((line) => line.trim()).filter((line) => line);
}

/** A translated sentence with its {places} filled. */
export function filled(sentence, values) {
  return sentence.replace(
    /\{(\w+)\}/g,
    (place, name) => name in values ? String(values[name]) : place,
  );
}
