// All heads at a glance: one canvas of thumbnails, one more for what is pointed at.
import { drawGrid, GAP, gridPlan, outline, thumbnail } from "./drawings/head_grid.js";
import { colourBar } from "./shared/download.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, sized } from "./shared/stage.js";
import { shade } from "./shared/theme.js";

function createHeadGrid(stage) {
  const scroller = element("div", "scroller", "", { tabindex: "0", role: "application" });
  const base = element("canvas", "base");
  const over = element("canvas", "over");
  scroller.append(base, over);
  stage.body.append(scroller);
  let plan = null;
  let pictures = [];
  let pictured = null;
  let pointed = null;

  const chosen = () => {
    const [site, head] = stage.choice.head ?? [-1, -1];
    const known = site >= 0 && site < stage.data.sites.length && head >= 0 &&
      head < stage.data.heads;
    return known ? [site, head] : null;
  };
  const named = ([site, head]) =>
    stage.word("head", { site: stage.data.sites[site], head: head + 1 });

  function hint() {
    const shown = pointed ?? chosen();
    if (!shown) return stage.say(plain(stage.word("hint")));
    const parts = [element("span", "value", named(shown))];
    if (stage.data.values) {
      const value = stage.data.values[shown[0] * stage.data.heads + shown[1]];
      parts.push(plain(`   ${value.toFixed(2)}`));
    }
    stage.say(...parts);
  }

  function point(at) {
    if (String(at) === String(pointed)) return;
    pointed = at;
    const ctx = sized(over, plan.width, plan.height);
    if (at) outline(canvasPen(ctx, stage.theme), plan, at, stage.theme.ink, 2);
    scroller.style.cursor = at ? "pointer" : "default";
    hint();
  }

  const spot = (event) => {
    const box = base.getBoundingClientRect();
    return plan.find(event.clientX - box.left, event.clientY - box.top);
  };
  scroller.onpointermove = (event) => event.pointerType === "mouse" && point(spot(event));
  scroller.onpointerleave = () => point(null);
  scroller.onclick = (event) => {
    const at = spot(event);
    if (at) stage.choose("head", at);
  };
  scroller.onblur = () => point(null);
  scroller.onkeydown = (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const at = pointed ?? chosen() ?? [0, 0];
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      const site = Math.max(0, Math.min(stage.data.sites.length - 1, at[0] + down));
      const head = Math.max(0, Math.min(stage.data.heads - 1, at[1] + right));
      point([site, head]);
      const { y } = plan.place(site, head);
      if (y < scroller.scrollTop) scroller.scrollTop = y - plan.top;
      const below = y + plan.side - scroller.clientHeight;
      if (below > scroller.scrollTop) scroller.scrollTop = below + GAP;
    } else if (event.key === "Enter" || event.key === " ") stage.choose("head", at);
    else if (event.key === "Escape") point(null);
    else return;
    event.preventDefault();
  };

  return {
    read() {
      scroller.setAttribute("aria-label", stage.word("label"));
    },
    paint() {
      const { data, theme, width } = stage;
      plan = gridPlan(data, width, theme, width < 560);
      scroller.classList.toggle("long", plan.height > globalThis.innerHeight * 0.8);
      plan = gridPlan(data, scroller.clientWidth, theme, width < 560);
      if (pictured?.thumbs !== data.thumbs || pictured.mode !== theme.mode) {
        const count = data.sites.length * data.heads;
        pictures = Array.from({ length: count }, (_, i) => thumbnail(data, theme, i));
        pictured = { thumbs: data.thumbs, mode: theme.mode };
      }
      const ctx = sized(base, plan.width, plan.height);
      drawGrid(canvasPen(ctx, theme), data, plan, theme, chosen(), pictures);
      const was = pointed;
      pointed = undefined;
      point(was);
    },
    picture() {
      const { data, theme } = stage;
      const wide = gridPlan(data, Math.max(640, data.heads * 48), theme, false);
      return {
        width: wide.width,
        height: wide.height + 34,
        draw(pen) {
          drawGrid(pen, data, wide, theme, chosen(), pictures);
          const shadeOf = (share) => shade(theme, share);
          colourBar(pen, wide.left, wide.height + 22, theme, shadeOf, stage.word("maximum"));
        },
      };
    },
  };
}

export default function (component) {
  return mount(component, createHeadGrid);
}
