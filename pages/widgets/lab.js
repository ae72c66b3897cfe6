// Attention step by step: sliders and numbers here, every stage at once; Python checks what is seen.
import { cellAt, cellBox, drawLab, labPlan } from "./drawings/lab.js";
import { distance, each } from "./lab/numbers.js";
import { RECIPES, worked } from "./lab/recipes.js";
import { TERMS } from "./lab/terms.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, sized } from "./shared/stage.js";

const EVERYWHERE = ["keys", "queries", "temperature"];
const INPUTS = ["query", "key", "value"];
const LAST = ["biased", "scaled", "scores"];
const MOST = 1000;

/** An equation's piece with its small letters below and above the line. */
function piece(text) {
  const span = element("span", "term");
  for (const part of text.split(/([_^](?:\{[^}]*\}|.))/)) {
    const tag = { _: "sub", "^": "sup" }[part[0]];
    if (tag && part.length > 1) span.append(element(tag, "", part.slice(1).replace(/[{}]/g, "")));
    else if (part) span.append(part);
  }
  return span;
}

function createLab(stage) {
  const equation = element("div", "equation", "", { role: "group" });
  const ground = element("div", "ground", "", { tabindex: "0", role: "application" });
  const canvas = element("canvas", "lab");
  const check = element("p", "check", "", { role: "note" });
  const editor = element("input", "editor", "", { type: "text", inputmode: "decimal" });
  editor.hidden = true;
  ground.append(canvas, editor);
  const here = element("div", "here", "", { "aria-hidden": "true" }); // where the step's panel is
  const steps = element("div", "steps");
  const head = element("div", "ahead");
  head.append(steps, equation, stage.readout);
  ground.append(here);
  stage.body.append(head, ground, check);
  const sliders = new Map();
  let [plan, stages, allowed, built] = [null, [], [], ""];
  let [current, pointed, cursor, complaint] = ["", null, null, ""];

  const called = (id) =>
    id.startsWith("round ") ? stage.word("round", { round: id.slice(6) }) : stage.word(id);
  const state = () => stage.choice.state;
  const knob = (name) =>
    state().knobs[name] ?? stage.data.knobs.find((one) => one.name === name).start;
  const recipe = () => RECIPES[stage.data.mechanism];
  const live = (name) => {
    if (recipe().fixed) return name === "temperature";
    return [...EVERYWHERE, ...(recipe().live ?? [])].includes(name);
  };
  const canonical = (one) =>
    JSON.stringify([
      Object.entries(one.knobs).sort(),
      one.looks,
      one.mask,
      INPUTS.map((part) => Object.entries(one.edits[part] ?? {}).sort()),
    ]);

  function change(part) {
    stage.choose("state", { ...state(), ...part }, 250);
  }
  const turn = (name, value) => change({ knobs: { ...state().knobs, [name]: value } });

  /** What Python must know before the picture is right: knobs that change its parameters. */
  function waiting() {
    const sent = stage.data.trace_of;
    if (!recipe()) return canonical(sent) !== canonical(state());
    if (recipe().fixed && sent.looks !== state().looks) return true;
    return stage.data.knobs.some(({ name, start }) =>
      !live(name) && (sent.knobs[name] ?? start) !== knob(name)
    );
  }

  function numbers(part) {
    const source = state().looks === "self" ? "query" : part;
    const count = knob(part === "query" && state().looks !== "self" ? "queries" : "keys");
    const edits = state().edits[source] ?? {};
    return each((x, r, c) => edits[`${r},${c}`] ?? x, stage.data.base[source].slice(0, count));
  }

  function may(queries, keys) {
    return Array.from(
      { length: queries },
      (_, r) =>
        Array.from(
          { length: keys },
          (_, c) =>
            state().mask === "causal" ? c <= r : state().mask === "last" ? c < keys - 1 : true,
        ),
    );
  }

  function compute() {
    if (!recipe() || waiting()) {
      stages = stage.data.trace;
    } else {
      const [query, key, value] = INPUTS.map(numbers);
      const knobs = Object.fromEntries(stage.data.knobs.map(({ name }) => [name, knob(name)]));
      const { mechanism, parameters, extras } = stage.data;
      stages = worked({
        mechanism,
        query,
        key,
        value,
        knobs,
        parameters,
        extras,
        allowed: may(query.length, key.length),
        temperature: knobs.temperature,
      });
    }
    allowed = stages.find(({ id }) => id === "allowed").heads;
    allowed = allowed[Math.min(shownHead(), allowed.length - 1)];
  }

  const heads = () => Math.max(...stages.map((one) => one.heads.length));
  const shownHead = () => Math.min(stage.choice.head ?? 0, (stages.length ? heads() : 1) - 1);

  /** How far this picture is from Python's own computation of the same. */
  function difference() {
    if (!recipe()) return 0;
    const python = (id) => stage.data.trace.find((one) => one.id === id)?.heads;
    const ours = new Map(stages.map((one) => [one.id, one.heads]));
    const scores = LAST.map((id) => ours.get(id)).find(Boolean);
    const pairs = [["weights", ours.get("weights")], ["context", ours.get("context")], [
      "scores",
      scores,
    ], ["allowed", ours.get("allowed")]];
    return Math.max(
      ...pairs.map(([id, mine]) => mine && python(id) ? distance(mine, python(id)) : 0),
    );
  }

  function verify() {
    const fresh = canonical(stage.data.trace_of) === canonical(state());
    check.className = "check";
    if (complaint) {
      check.classList.add("bad");
      check.textContent = complaint;
    } else if (!fresh) check.textContent = stage.word("checking");
    else {
      const apart = difference();
      const good = apart < 1e-9;
      check.classList.add(good ? "good" : "bad");
      const text = recipe() ? (good ? "checked" : "differs") : "python";
      check.textContent = `${good ? "✓" : "✗"} ${
        stage.word(text, { apart: apart.toExponential(0) })
      }`;
    }
  }

  // controls

  function slider(one) {
    const box = element("label", "knob");
    const name = element("span", "name", one.title);
    const value = element("span", "value");
    const input = element("input", "", "", {
      type: "range",
      "aria-label": one.title,
      min: one.stops.length ? 0 : one.least,
      max: one.stops.length ? one.stops.length - 1 : one.most,
      step: one.stops.length ? 1 : one.step,
    });
    input.oninput = () => turn(one.name, one.stops.length ? one.stops[input.value] : +input.value);
    box.append(name, input, value);
    sliders.set(one.name, { box, input, value, one });
    return box;
  }

  function select(name, options) {
    const box = element("label", "knob choice");
    const list = element("select", "", "", { "aria-label": stage.word(name) });
    for (const option of options) {
      list.append(element("option", "", stage.word(option), { value: option }));
    }
    list.onchange = () => change({ [name]: list.value });
    box.append(element("span", "name", stage.word(name)), list);
    sliders.set(name, { box, list });
    return box;
  }

  function build() {
    const wanted = stage.data.mechanism + JSON.stringify([stage.data.knobs, stage.data.text]);
    if (wanted === built) return;
    built = wanted;
    sliders.clear();
    steps.replaceChildren();
    for (const [name, way] of [["back", -1], ["next", 1]]) {
      const button = element("button", "step", way < 0 ? "◀" : "▶", {
        type: "button",
        "aria-label": stage.word(name),
        title: stage.word(name),
      });
      button.onclick = () => step(way);
      steps.append(button);
    }
    const heading = element("span", "which");
    steps.insertBefore(heading, steps.lastChild);
    const whole = element("button", "step wide", stage.word("reset"), { type: "button" });
    whole.onclick = () => {
      complaint = "";
      stage.choose("state", { knobs: {}, looks: state().looks, mask: "none", edits: {} }, 0);
    };
    steps.append(whole);
    sliders.set("steps", { heading });
    const count = {
      name: "head",
      title: stage.word("head"),
      least: 1,
      most: 1,
      start: 1,
      step: 1,
      stops: [],
    };
    const headSlider = slider(count);
    sliders.get("head").input.oninput = (event) =>
      stage.choose("head", event.target.value - 1, 250);
    stage.controls.replaceChildren(
      ...stage.data.knobs.map(slider),
      headSlider,
      select("looks", ["cross", "self"]),
      select("mask", ["none", "causal", "last"]),
    );
    equation.replaceChildren(
      ...(TERMS[stage.data.mechanism] ?? [[stage.data.mechanism, ""]]).map(([text, id]) => {
        const span = piece(text);
        span.dataset.stage = id;
        span.onclick = () => look(id);
        return span;
      }),
    );
  }

  function settle() {
    for (const [name, { box, input, value, one, list }] of sliders) {
      if (list) list.value = state()[name];
      if (!input) continue;
      if (name === "head") {
        box.hidden = heads() < 2;
        input.max = heads();
        input.value = shownHead() + 1;
        value.textContent = `${shownHead() + 1} / ${heads()}`;
        continue;
      }
      const number = knob(name);
      input.value = one.stops.length ? one.stops.indexOf(number) : number;
      value.textContent = String(Math.round(number * 100) / 100);
      if (name === "queries") box.hidden = state().looks === "self";
    }
    const at = stages.findIndex(({ id }) => id === current);
    sliders.get("steps").heading.textContent = at < 0
      ? stage.word("all", { steps: stages.length })
      : stage.word("step", { step: at + 1, steps: stages.length });
    for (const term of equation.children) {
      term.classList.toggle("lit", term.dataset.stage === (pointed?.id ?? current));
    }
  }

  function look(id) {
    current = current === id ? "" : id;
    stage.paint();
  }

  function step(way) {
    const at = stages.findIndex(({ id }) => id === current);
    const next = at < 0 ? (way > 0 ? 0 : stages.length - 1) : at + way;
    current = stages[next]?.id ?? "";
    cursor = null;
    stage.paint();
    reveal();
  }

  /** Brings the step's panel into sight, below what stays at the top. */
  function reveal() {
    const panel = plan.panels.find((one) => one.stage.id === current);
    if (!panel) return;
    Object.assign(here.style, {
      left: `${panel.x}px`,
      top: `${panel.y}px`,
      width: `${panel.wide}px`,
      height: `${panel.high}px`,
      scrollMarginTop: `${head.offsetHeight + 80}px`,
      scrollMarginBottom: "20px",
    });
    here.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  }

  // pointing, choosing, typing

  const target = () => pointed ?? cursor;
  const stageOf = (id) => stages.find((one) => one.id === id);
  const matrixOf = (one) => one.heads[Math.min(shownHead(), one.heads.length - 1)];

  function lit() {
    const at = target();
    const one = at && stageOf(at.id);
    const inside = one && at.row < matrixOf(one).length && at.column < matrixOf(one)[0].length;
    if (!inside) return { stage: current, cell: null, sources: [] };
    return {
      stage: current,
      cell: [at.id, at.row, at.column],
      sources: one.from?.(at.row, at.column) ?? [],
    };
  }

  function say() {
    const { cell } = lit();
    if (!cell) {
      const words = current ? stage.word(`about_${current}`) : stage.word("hint");
      return stage.say(plain(words.startsWith("about_") ? stage.word("hint") : words));
    }
    const [id, row, column] = cell;
    const one = stageOf(id);
    const at = Math.min(shownHead(), one.heads.length - 1);
    const value = one.heads[at][row][column];
    const number = typeof value === "boolean"
      ? stage.word(value ? "may" : "blocked")
      : `= ${Number(value).toPrecision(4).replace("-", "−")}`;
    const names = { query: "q", key: "k", value: "v" };
    const place = [
      `${names[one.rows] ?? ""}${row + 1}`,
      `${names[one.columns] ?? ""}${column + 1}`,
    ];
    const sum = one.say && value !== false ? one.say(at, row, column) : "";
    stage.say(
      plain(`${called(id)} [${place.join(", ")}]  `),
      ...(sum ? [plain(`= ${sum} `)] : []),
      element("span", "value", number),
    );
  }

  function spot(event) {
    const box = ground.getBoundingClientRect();
    const found = cellAt(
      plan,
      event.clientX - box.left + ground.scrollLeft,
      event.clientY - box.top,
    );
    return found && { ...found, id: plan.panels[found.panel].stage.id };
  }

  function draw() {
    const pen = canvasPen(
      sized(canvas, Math.max(plan.width, stage.width), plan.height),
      stage.theme,
    );
    drawLab(pen, plan, stage.theme, allowed, lit());
  }

  function refresh() {
    draw();
    settle();
    say();
  }

  const editable = (id) => INPUTS.includes(id);

  function edit(id, row, column, first = "") {
    if (!editable(id)) return;
    const box = cellBox(plan.panels.find((one) => one.stage.id === id), row, column);
    Object.assign(editor.style, {
      left: `${box.x}px`,
      top: `${box.y}px`,
      width: `${box.w}px`,
      height: `${box.h}px`,
    });
    editor.value = first || String(matrixOf(stageOf(id))[row][column]);
    editor.setAttribute("aria-label", `${called(id)} ${row + 1}, ${column + 1}`);
    editor.hidden = false;
    editor.focus();
    if (!first) editor.select();
    editor.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter") commit(id, row, column);
      else if (event.key === "Escape") close();
    };
    editor.onblur = () => !editor.hidden && commit(id, row, column);
  }

  function close() {
    editor.hidden = true;
    ground.focus({ preventScroll: true });
  }

  function commit(id, row, column) {
    const text = editor.value.trim().replace("−", "-").replace(",", ".");
    const number = text === "" ? NaN : Number(text);
    editor.hidden = true;
    if (!Number.isFinite(number) || Math.abs(number) > MOST) {
      complaint = stage.word("refused", { text: editor.value.slice(0, 20), most: MOST });
    } else {
      complaint = "";
      const source = state().looks === "self" ? "query" : id;
      const edits = { ...state().edits[source], [`${row},${column}`]: number };
      change({ edits: { ...state().edits, [source]: edits } });
    }
    ground.focus({ preventScroll: true });
    stage.paint();
  }

  ground.onpointermove = (event) => {
    if (event.pointerType !== "mouse") return;
    const found = spot(event);
    const next = found && found.row >= 0 ? found : null;
    ground.style.cursor = next && editable(next.id) ? "text" : found ? "pointer" : "default";
    if (JSON.stringify(next) === JSON.stringify(pointed)) return;
    pointed = next;
    refresh();
  };
  ground.onpointerleave = () => {
    pointed = null;
    refresh();
  };
  ground.onclick = (event) => {
    if (event.target === editor) return;
    const found = spot(event);
    if (!found) return;
    current = found.id;
    cursor = found.row >= 0 ? found : null;
    stage.paint();
    if (cursor && editable(found.id)) edit(found.id, found.row, found.column);
  };

  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  ground.onkeydown = (event) => {
    if (event.key in moves) {
      current ||= stages[0].id;
      const matrix = matrixOf(stageOf(current));
      const [down, right] = moves[event.key];
      const from = cursor?.id === current ? cursor : { row: down ? -1 : 0, column: right ? -1 : 0 };
      const within = (value, most) => Math.min(most - 1, Math.max(0, value));
      pointed = null;
      cursor = {
        id: current,
        row: within(from.row + down, matrix.length),
        column: within(from.column + right, matrix[0].length),
      };
      refresh();
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      step(event.key === "PageDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      [current, cursor, pointed] = ["", null, null];
      refresh();
    } else if (cursor && (event.key === "Enter" || /^[-−.\d]$/.test(event.key))) {
      edit(cursor.id, cursor.row, cursor.column, event.key === "Enter" ? "" : event.key);
    } else return;
    event.preventDefault();
  };

  return {
    read() {
      ground.setAttribute("aria-label", stage.word("label"));
      equation.setAttribute("aria-label", stage.word("equation"));
      build();
    },
    paint() {
      compute();
      if (current && !stageOf(current)) current = "";
      plan = labPlan(stages, shownHead(), called, stage.width, stage.theme);
      ground.style.minHeight = `${Math.ceil(plan.height)}px`;
      canvas.style.opacity = waiting() ? 0.55 : 1;
      refresh();
      verify();
      stage.root.dataset.steps = stages.length;
    },
    picture() {
      const wide = labPlan(stages, shownHead(), called, 1180, stage.theme);
      return {
        width: wide.width + 20,
        height: wide.height + 10,
        draw: (pen) => pen.at(10, 6, () => drawLab(pen, wide, stage.theme, allowed, lit())),
      };
    },
  };
}

export default function (component) {
  return mount(component, createLab);
}
