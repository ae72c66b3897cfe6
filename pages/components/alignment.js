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

function createAlignment(stage) {
  const host = element("div", "sentences");
  const canvas = element("canvas", "ribbons");
  host.append(canvas);
  stage.body.append(host);
  let plan = null;
  let pointed = null;
  let waiting = 0;

  const pins = () => (stage.choice.pins ?? []).filter((pin) => pin < stage.data.target.length);
  const words = wordGroups(host, {
    steps: () => (plan?.upright ? UPRIGHT : SIDEWAYS),
    look(side, index) {
      pointed = index === null ? null : { side, index };
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(light);
    },
    pin(side, index) {
      if (side === 0) return;
      const kept = pins();
      const next = kept.includes(index) ? kept.filter((pin) => pin !== index) : [...kept, index];
      stage.choose("pins", next.sort((a, b) => a - b));
    },
    clear() {
      pointed = null;
      stage.choose("pins", []);
      light();
    },
  });
  canvas.onclick = () => {
    pointed = null;
    light();
  };

  function say() {
    const { data } = stage;
    const kept = pins();
    const one = pointed ?? (kept.length === 1 ? { side: 1, index: kept[0] } : null);
    if (!one) return stage.say(plain(stage.word("hint")));
    const columns = data.source.length;
    const [mine, others] = one.side ? [data.target, data.source] : [data.source, data.target];
    const weight = (other) =>
      data.weights[one.side ? one.index * columns + other : other * columns + one.index];
    const best = others.map((_, other) => [other, weight(other)])
      .sort((a, b) => b[1] - a[1]).slice(0, 3).filter(([, value]) => value >= 0.005);
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
    drawRibbons(canvasPen(ctx, theme), data, plan, theme, { pins: pins(), pointed });
    const strong = (side, i) => pointed?.side === side && pointed.index === i;
    data.source.forEach((_, i) => words.mark(0, i, { strong: strong(0, i) }));
    data.target.forEach((_, i) =>
      words.mark(1, i, { strong: strong(1, i), pinned: pins().includes(i) })
    );
    say();
  }

  return {
    read() {
      const { data } = stage;
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
      const wide = sentencePlan(data, 960, theme);
      return {
        width: wide.width,
        height: wide.height,
        draw(pen) {
          drawRibbons(pen, data, wide, theme, { pins: pins(), pointed: null });
          drawSentences(pen, data, wide, theme, pins());
        },
      };
    },
  };
}

export default function (component) {
  return mount(component, createAlignment);
}
