// The colours and letters of the page around us, read afresh at every drawing.
import { PALETTE } from "./palette.js";

const probe = document.createElement("canvas").getContext("2d");

/** [red, green, blue] in 0…255 of any CSS colour. */
export function channels(colour) {
  probe.fillStyle = "#000";
  probe.fillStyle = colour;
  const plain = probe.fillStyle;
  if (plain.startsWith("#")) {
    return [1, 3, 5].map((start) => parseInt(plain.slice(start, start + 2), 16));
  }
  return plain.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function hex(rgb) {
  return "#" +
    rgb.map((value) => Math.round(value).toString(16).padStart(2, "0"))
      .join("");
}

/** The colour that lies `share` of the way from one colour to another. */
export function mix(from, to, share) {
  const [a, b] = [channels(from), channels(to)];
  return hex(a.map((value, i) => value + (b[i] - value) * share));
}

/** Brightness to the eye, 0 … 1 (WCAG relative luminance). */
export function luminance(colour) {
  const [r, g, b] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 256 [red, green, blue] from weight 0 to weight 1. */
function ramp(stops) {
  const known = stops.map(channels);
  return Array.from({ length: 256 }, (_, level) => {
    const place = (level / 255) * (known.length - 1);
    const low = Math.min(Math.floor(place), known.length - 2);
    return known[low].map((value, i) => value + (known[low + 1][i] - value) * (place - low));
  });
}

const ramps = { light: ramp(PALETTE.scale.light), dark: ramp(PALETTE.scale.dark) };

export function readTheme(host) {
  const style = getComputedStyle(host);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const paper = read("--st-background-color", "#ffffff");
  const ink = read("--st-text-color", "#20242c");
  const mode = luminance(paper) > 0.3 ? "light" : "dark";
  return {
    mode,
    paper,
    ink,
    font: read("--st-font", "sans-serif"),
    accent: PALETTE.accent[mode],
    heads: PALETTE.heads[mode],
    ramp: ramps[mode],
    quiet: mix(ink, paper, 0.32),
    faint: mix(ink, paper, 0.62),
    hair: mix(ink, paper, 0.86),
    wash: mix(ink, paper, 0.94),
  };
}

/** The palette's colour for a share of the largest weight, 0 … 1. */
export function shade(theme, share) {
  const level = Math.round(255 * Math.min(1, Math.max(0, share)));
  return hex(theme.ramp[level]);
}
