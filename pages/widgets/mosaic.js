// Matrices of several mechanisms over the same words; what is pointed at is lit in all of them.
import { drawMosaic, mayAt, mosaicAt, mosaicPlan, valueAt } from "./drawings/mosaic.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, quoted, sized } from "./shared/stage.js";

function createMosaic(stage) {
  const ground = element("div", "ground", "", { tabindex: "0", role: "application" });
  const canvas = element("canvas", "mosaic");
  ground.append(canvas);
  stage.body.append(ground);
  let [plan, pointed, cursor] = [null, null, null];
  const buttons = new Map();

  const common = () => (stage.choice.scale ?? "common") === "common";
  const lit = () => pointed ?? cursor;

  function build() {
    const kinds = ["common", "own"];
    if (buttons.size) {
      for (const kind of kinds) buttons.get(kind).textContent = stage.word(kind);
      return;
    }
    for (const kind of kinds) {
      const button = element("button", "switch", stage.word(kind), { type: "button" });
      button.onclick = () => stage.choose("scale", kind);
      buttons.set(kind, button);
    }
    stage.controls.replaceChildren(...buttons.values());
  }

  function say() {
    const at = lit();
    const panel = at && plan.panels[at.panel];
    if (!panel || at.row >= panel.rows.length) return stage.say(plain(stage.word("hint")));
    const parts = [quoted(panel.rows[at.row])];
    if (at.column < 0) return stage.say(...parts);
    parts.push(plain(" → "), quoted(panel.columns[at.column]), plain("   "));
    for (const one of plan.panels) {
      if (one.group !== panel.group) continue;
      const value = mayAt(stage.data, one, at.row, at.column)
        ? valueAt(stage.data, one, at.row, at.column).toFixed(3).replace("-", "−")
        : stage.word("blocked");
      parts.push(plain(`${one.title} `), element("span", "value", value), plain("   "));
    }
    stage.say(...parts);
  }

  function draw() {
    const pen = canvasPen(sized(canvas, stage.width, plan.height), stage.theme);
    drawMosaic(pen, stage.data, plan, stage.theme, lit(), common());
  }

  function refresh() {
    draw();
    say();
  }

  const spot = (event) => {
    const box = ground.getBoundingClientRect();
    return mosaicAt(plan, event.clientX - box.left, event.clientY - box.top);
  };
  ground.onpointermove = (event) => {
    if (event.pointerType !== "mouse") return;
    const found = spot(event);
    if (JSON.stringify(found) === JSON.stringify(pointed)) return;
    pointed = found;
    refresh();
  };
  ground.onpointerleave = () => {
    pointed = null;
    refresh();
  };
  ground.onclick = (event) => {
    cursor = spot(event);
    refresh();
  };
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  ground.onkeydown = (event) => {
    if (event.key === "Escape") cursor = null;
    else if (event.key in moves) {
      const at = cursor ?? { panel: 0, row: 0, column: 0 };
      const panel = plan.panels[at.panel];
      const [down, right] = cursor ? moves[event.key] : [0, 0];
      cursor = {
        panel: at.panel,
        row: Math.min(panel.rows.length - 1, Math.max(0, at.row + down)),
        column: Math.min(panel.columns.length - 1, Math.max(0, at.column + right)),
      };
    } else return;
    event.preventDefault();
    refresh();
  };

  return {
    read() {
      ground.setAttribute("aria-label", stage.word("label"));
      build();
    },
    paint() {
      plan = mosaicPlan(stage.data, stage.width, stage.theme);
      if (cursor && !plan.panels[cursor.panel]) cursor = null;
      pointed = null;
      for (const [kind, button] of buttons) {
        button.setAttribute("aria-pressed", String((kind === "common") === common()));
      }
      refresh();
    },
    picture() {
      const wide = mosaicPlan(stage.data, 1180, stage.theme);
      return {
        width: 1180,
        height: wide.height,
        draw: (pen) => drawMosaic(pen, stage.data, wide, stage.theme, cursor, common()),
      };
    },
  };
}

export default function (component) {
  return mount(component, createMosaic);
}
