// Queries left, keys right, a line for every look; each head in its own colour.
import {
  allowed,
  drawKey,
  drawView,
  drawWords,
  lit,
  mean,
  viewPlan,
} from "./drawings/head_view.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, quoted, sized, two } from "./shared/stage.js";
import { wordGroups } from "./shared/words.js";

function createHeadView(stage) {
  const scroller = element("div", "columns");
  const canvas = element("canvas", "lines");
  scroller.append(canvas);
  stage.body.append(scroller);
  let plan = null;
  let pointed = null;
  let waiting = 0;
  let chips = [];

  const active = () => stage.choice.active ?? stage.data.heads;
  const shown = () =>
    stage.data.heads.map((number, place) => ({ number, place }))
      .filter(({ number }) => active().includes(number));
  const pins = () => (stage.choice.pins ?? []).filter((pin) => pin < stage.data.rows.length);

  const words = wordGroups(scroller, {
    look(side, index) {
      pointed = index === null ? null : { side, index };
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(light);
    },
    pin(side, index) {
      if (side === 1) return;
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

  function say(focus) {
    const { data } = stage;
    const one = pointed ??
      (focus.queries?.length === 1 ? { side: 0, index: focus.queries[0] } : null);
    if (!one || !shown().length) return stage.say(plain(stage.word("hint")));
    const [mine, others] = one.side ? [data.columns, data.rows] : [data.rows, data.columns];
    const value = (other) =>
      one.side ? mean(data, shown(), [other], one.index) : mean(data, shown(), [one.index], other);
    const best = others.map((_, other) => [other, value(other)])
      .sort((a, b) => b[1] - a[1]).slice(0, 3).filter(([, weight]) => weight >= 0.005);
    stage.say(
      quoted(mine[one.index]),
      plain(one.side ? "  ←  " : "  →  "),
      ...best.flatMap(([other, weight], i) => [
        ...(i ? [plain("  ·  ")] : []),
        quoted(others[other]),
        plain(" "),
        element("span", "value", two(weight)),
      ]),
    );
  }

  function light() {
    const { data, theme } = stage;
    if (!plan) return;
    const focus = lit(pins(), pointed);
    const heading = [stage.word("queries"), stage.word("keys")];
    const ctx = sized(canvas, plan.width, plan.height);
    drawView(canvasPen(ctx, theme), data, plan, theme, {
      shown: shown(),
      focus,
      pointed,
      heading,
    });
    data.rows.forEach((_, query) =>
      words.mark(0, query, {
        pinned: pins().includes(query),
        strong: pointed?.side === 0 && pointed.index === query,
        dim: pointed?.side === 1 && !allowed(data, query, pointed.index),
        special: data.special[0].includes(query),
      })
    );
    data.columns.forEach((_, key) =>
      words.mark(1, key, {
        strong: pointed?.side === 1 && pointed.index === key,
        dim: focus.queries !== null && !focus.queries.some((query) => allowed(data, query, key)),
        special: data.special[1].includes(key),
      })
    );
    say(focus);
  }

  function only(number) {
    stage.choose("active", [number], 250);
  }

  function toggle(number) {
    const now = active();
    const next = now.includes(number) ? now.filter((one) => one !== number) : [...now, number];
    stage.choose("active", next.sort((a, b) => a - b), 250);
  }

  function makeChip(number) {
    const chip = element("button", "chip", "", { type: "button" });
    chip.append(element("span", "dot"), element("span", "number", String(number + 1)));
    chip.onclick = (event) => event.shiftKey ? only(number) : toggle(number);
    chip.ondblclick = () => only(number);
    chip.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) chips[chips.indexOf(chip) + step]?.focus();
      else if (event.key === "Enter" && event.shiftKey) only(number);
      else return;
      event.preventDefault();
    };
    return chip;
  }

  return {
    read() {
      const { data } = stage;
      words.set(0, data.rows, stage.word("queries"));
      words.set(1, data.columns, stage.word("keys"));
      if (String(chips.map((chip) => chip.textContent)) !== String(data.heads.map((n) => n + 1))) {
        chips = data.heads.map(makeChip);
        stage.controls.replaceChildren(...chips);
      }
      if (pointed && pointed.index >= [data.rows, data.columns][pointed.side].length) {
        pointed = null;
      }
    },
    paint() {
      const { data, theme, width } = stage;
      const narrow = width < 560;
      scroller.classList.toggle("long", Math.max(data.rows.length, data.columns.length) > 40);
      plan = viewPlan(data, scroller.clientWidth, theme, { narrow, shown: data.heads.length });
      [data.rows, data.columns].forEach((labels, side) =>
        labels.forEach((_, i) =>
          words.place(
            side,
            i,
            plan.x[side],
            plan.y(i) - plan.rowHeight / 2 + 1,
            plan.words[side],
            plan.rowHeight - 2,
            side ? "left" : "right",
            plan.size,
          )
        )
      );
      chips.forEach((chip, place) => {
        const number = data.heads[place];
        const on = active().includes(number);
        chip.setAttribute("aria-pressed", String(on));
        chip.setAttribute("aria-label", stage.word("head", { head: number + 1 }));
        chip.title = stage.word("head", { head: number + 1 });
        chip.style.setProperty("--head", theme.heads[number % theme.heads.length]);
      });
      light();
    },
    picture() {
      const { data, theme } = stage;
      const seen = shown();
      const wide = viewPlan(data, 960, theme, { narrow: false, shown: seen.length });
      return {
        width: 960,
        height: wide.height + 40,
        draw(pen) {
          const heading = [stage.word("queries"), stage.word("keys")];
          drawView(pen, data, wide, theme, {
            shown: seen,
            focus: lit(pins(), null),
            pointed: null,
            heading,
          });
          drawWords(pen, data, wide, theme, pins());
          drawKey(pen, wide.height + 24, theme, seen);
        },
      };
    },
  };
}

export default function (component) {
  return mount(component, createHeadView);
}
