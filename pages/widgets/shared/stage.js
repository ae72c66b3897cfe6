// The frame every widget stands in: bar, read-out, body, note; data in, choices out.
import { download } from "./download.js";
import { filled, legible } from "./letters.js";
import { readTheme } from "./theme.js";

const MAX_CANVAS = 12e6;
const stages = new WeakMap();
const remembered = new Map();

/** An element with a class and text; text never becomes markup. */
export function element(tag, name, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** A pen over a canvas of this size in CSS px, sharp on the screen at hand. */
export function sized(canvas, width, height) {
  const sharp = Math.min(
    globalThis.devicePixelRatio || 1,
    Math.sqrt(MAX_CANVAS / Math.max(1, width * height)),
  );
  const [w, h] = [Math.max(1, Math.round(width * sharp)), Math.max(1, Math.round(height * sharp))];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(sharp, 0, 0, sharp, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

function frame(parent) {
  const root = element("div", "widget");
  const controls = element("div", "controls");
  const files = element("div", "files");
  const readout = element("div", "readout", "", { role: "status", "aria-live": "polite" });
  const body = element("div", "body");
  const note = element("p", "note");
  root.append(controls, files, readout, body, note);
  parent.append(root);
  return { root, controls, files, readout, body, note };
}

/** The data with its Arrow columns as typed arrays. */
function unpacked(data) {
  const open = (value) => value?.getChildAt ? value.getChildAt(0).toArray() : value;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, open(value)]));
}

/**
 * What the reader has chosen, kept here so that a slow server cannot undo a click. `told` is what
 * Streamlit has heard from us: when Python changes its mind, Streamlit must hear that from us too,
 * or it would take the reader's next click for no news.
 */
function adopt(stage, { turn, ...wanted }) {
  const id = stage.data.id;
  const kept = remembered.get(id) ?? { turn: "", choice: {}, told: {} };
  remembered.set(id, kept);
  stage.kept = kept;
  stage.choice = kept.choice;
  if (kept.turn === turn) return;
  kept.turn = turn;
  Object.assign(stage.choice, wanted);
  for (const name of Object.keys(kept.told)) {
    clearTimeout(stage.timers[name]);
    if (!same(kept.told[name], stage.choice[name])) {
      stage.timers[name] = setTimeout(() => stage.send(name));
    }
  }
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function open(component, create) {
  const stage = { ...frame(component.parentElement), width: 0, choice: {}, timers: {} };
  stage.word = (name, values = {}) => filled(stage.data.text[name] ?? name, values);
  stage.send = (name) => {
    stage.kept.told[name] = stage.choice[name];
    stage.component.setStateValue(name, stage.choice[name]);
  };
  stage.choose = (name, value, delay = 0) => {
    if (same(value, stage.choice[name])) return;
    stage.choice[name] = value;
    clearTimeout(stage.timers[name]);
    if (delay) stage.timers[name] = setTimeout(() => stage.send(name), delay);
    else stage.send(name);
    stage.paint();
  };
  stage.say = (...parts) => stage.readout.replaceChildren(...parts);
  const widget = create(stage);
  stage.update = (latest) => {
    stage.component = latest;
    stage.data = unpacked(latest.data);
    stage.theme = readTheme(stage.root);
    stage.root.dataset.mode = stage.theme.mode;
    stage.root.style.setProperty("--accent", stage.theme.accent);
    adopt(stage, stage.data.choices);
    stage.note.textContent = stage.data.text.note ?? "";
    for (const button of stage.files.children) {
      button.setAttribute("aria-label", stage.word(button.dataset.kind));
      button.title = stage.word(button.dataset.kind);
    }
    widget.read();
    stage.root.classList.toggle("bare", !stage.controls.hasChildNodes());
    stage.paint();
  };
  stage.paint = () => {
    if (stage.width > 0) widget.paint();
  };
  for (const kind of ["png", "svg"]) {
    const button = element("button", "file", kind.toUpperCase(), { type: "button" });
    button.dataset.kind = kind;
    button.onclick = () => download(kind, widget.picture(), stage.data, stage.theme);
    stage.files.append(button);
  }
  const watcher = new ResizeObserver(() => {
    const width = Math.floor(stage.body.clientWidth);
    if (width === stage.width || width === 0) return;
    stage.width = width;
    stage.root.classList.toggle("narrow", width < 560);
    stage.paint();
  });
  stage.width = Math.floor(stage.body.clientWidth);
  stage.root.classList.toggle("narrow", stage.width < 560);
  watcher.observe(stage.body);
  document.fonts?.ready.then(() => stage.data && stage.paint());
  stage.close = () => {
    watcher.disconnect();
    widget.close?.();
    Object.values(stage.timers).forEach(clearTimeout);
    if (stage.kept) stage.kept.told = {};
    stage.root.remove();
    stages.delete(component.parentElement);
  };
  return stage;
}

/** The whole life of a widget in one call, as often as Streamlit likes to call it. */
export function mount(component, create) {
  const parent = component.parentElement;
  if (!stages.has(parent)) stages.set(parent, open(component, create));
  const stage = stages.get(parent);
  stage.update(component);
  return stage.close;
}

/** "animal" as an element that cannot turn its neighbours round. */
export function quoted(text) {
  return element("bdi", "quoted", legible(text));
}

export function plain(text) {
  return element("span", "plain", text);
}

export const two = (value) => value.toFixed(2);
