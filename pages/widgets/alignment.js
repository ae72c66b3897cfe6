// A sentence above, its translation below, ribbons as wide as the weights between them.
import {
  drawRibbons,
  drawSentences,
  sentencePlan,
  SIDEWAYS,
  UPRIGHT,
} from "./drawings/alignment.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, quoted, sized, two } from "./shared/stage.js";
import { wordGroups } from "./shared/words.js";

const HOVER = "atlas-hover";
const KEPT = ["sources", "pins"];

function createAlignment(stage) {
  const host = element("div", "sentences");
  const canvas = element("canvas", "ribbons");
  host.append(canvas);
  stage.body.append(host);
  let plan = null;
  let pointed = null;
  let echoed = null;
  let told = null;
  let waiting = 0;

  const kept = (side) => {
    const count = stage.data[side ? "target" : "source"].length;
    return (stage.choice[KEPT[side]] ?? []).filter((word) => word < count);
  };
  /** What is pointed at here, else the source word pointed at in another panel of the group. */
  const aimed = () => {
    const known = echoed !== null && echoed < stage.data.source.length;
    return pointed ?? (known ? { side: 0, index: echoed } : null);
  };
  const marks = () => ({ pins: kept(1), sources: kept(0), pointed: aimed() });
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(light);
  };

  function point(next) {
    pointed = next;
    tell(next?.side === 0 ? next.index : null);
    soon();
  }

  /** Panels that share a group light the same source word, with no way round the server. */
  function tell(source) {
    const group = stage.data.group;
    if (!group || source === told) return;
    told = source;
    globalThis.dispatchEvent(new CustomEvent(HOVER, { detail: { group, source } }));
  }
  const heard = ({ detail }) => {
    if (!detail || detail.group !== stage.data.group || !stage.data.group) return;
    echoed = Number.isInteger(detail.source) && detail.source >= 0 ? detail.source : null;
    soon();
  };
  globalThis.addEventListener(HOVER, heard);

  const words = wordGroups(host, {
    steps: () => (plan?.upright ? UPRIGHT : SIDEWAYS),
    look(side, index) {
      point(index === null ? null : { side, index });
    },
    pin(side, index) {
      const before = kept(side);
      const next = before.includes(index)
        ? before.filter((word) => word !== index)
        : [...before, index];
      stage.choose(KEPT[side], next.sort((a, b) => a - b));
    },
    clear() {
      point(null);
      stage.choose("pins", []);
      if (kept(0).length) stage.choose("sources", []);
      light();
    },
  });
  canvas.onclick = () => point(null);

  /** The one word that the read-out is about. */
  function spoken() {
    const { pins, sources, pointed: aim } = marks();
    if (aim || pins.length + sources.length !== 1) return aim;
    return pins.length ? { side: 1, index: pins[0] } : { side: 0, index: sources[0] };
  }

  function say() {
    const { data } = stage;
    const one = spoken();
    stage.readout.setAttribute("aria-live", pointed || echoed === null ? "polite" : "off");
    if (!one) return stage.say(plain(data.compact ? "" : stage.word("hint")));
    const columns = data.source.length;
    const [mine, others] = one.side ? [data.target, data.source] : [data.source, data.target];
    const weight = (other) =>
      data.weights[one.side ? one.index * columns + other : other * columns + one.index];
    const best = others.map((_, other) => [other, weight(other)])
      .sort((a, b) => b[1] - a[1]).slice(0, data.compact ? 1 : 3).filter(([, value]) =>
        value >= 0.005
      );
    stage.say(
      quoted(mine[one.index]),
      plain(one.side ? "  →  " : "  ←  "),
      ...best.flatMap(([other, value], i) => [
        ...(i ? [plain("  ·  ")] : []),
        quoted(others[other]),
        plain(" "),
        element("span", "value", two(value)),
      ]),
    );
  }

  function light() {
    const { data, theme } = stage;
    if (!plan) return;
    const ctx = sized(canvas, plan.width, plan.height);
    const now = marks();
    drawRibbons(canvasPen(ctx, theme), data, plan, theme, now);
    const strong = (side, i) => now.pointed?.side === side && now.pointed.index === i;
    [now.sources, now.pins].forEach((pinned, side) =>
      words.groups[side].forEach((_, i) =>
        words.mark(side, i, { strong: strong(side, i), pinned: pinned.includes(i) })
      )
    );
    say();
  }

  return {
    read() {
      const { data } = stage;
      stage.root.classList.toggle("compact", data.compact);
      words.set(0, data.source, stage.word("source"));
      words.set(1, data.target, stage.word("target"));
      if (pointed && pointed.index >= words.groups[pointed.side].length) pointed = null;
    },
    paint() {
      const { data, theme, width } = stage;
      plan = sentencePlan(data, width, theme);
      plan.boxes.forEach((boxes, side) => {
        const align = plan.upright ? (side ? "left" : "right") : "center";
        boxes.forEach((box, i) =>
          words.place(side, i, box.x, box.y, box.w, box.h, align, plan.size)
        );
      });
      light();
    },
    picture() {
      const { data, theme } = stage;
      const wide = sentencePlan(data, data.compact ? 640 : 960, theme);
      const now = { ...marks(), pointed: null };
      return {
        width: wide.width,
        height: wide.height,
        draw(pen) {
          drawRibbons(pen, data, wide, theme, now);
          drawSentences(pen, data, wide, theme, now);
        },
      };
    },
    close() {
      tell(null);
      cancelAnimationFrame(waiting);
      globalThis.removeEventListener(HOVER, heard);
    },
  };
}

export default function (component) {
  return mount(component, createAlignment);
}
