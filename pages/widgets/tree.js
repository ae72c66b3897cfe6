// The beam as a tree: a canvas over the part that is seen, the whole of it to scroll through.
import { drawTree, pieceAt, signed, treePlan, wayTo } from "./drawings/tree.js";
import { legible, measure, shortened } from "./shared/letters.js";
import { canvasPen } from "./shared/pen.js";
import { element, mount, plain, sized } from "./shared/stage.js";

const ROW = 30;
const FINGER = 36;

function createTree(stage) {
  const scroller = element("div", "branches", "", { tabindex: "0", role: "application" });
  const ground = element("div", "ground");
  const canvas = element("canvas", "tree");
  ground.append(canvas);
  scroller.append(ground);
  stage.body.append(scroller);
  let plan = null;
  let pointed = -1;
  let waiting = 0;
  let shown = "";

  const known = (node) => Number.isInteger(node) && node >= 0 && node < stage.data.texts.length;
  const chosen = () => (known(stage.choice.node) ? stage.choice.node : -1);
  const written = (node) =>
    legible(
      stage.data.ways?.[node] ?? wayTo(stage.data, node).map((at) => stage.data.texts[at])
        .join(" "),
    );

  /** The whole way, cut at its beginning where it is too long: its end is what was asked for. */
  function shortWay(node) {
    const room = stage.width - 8;
    const whole = written(node);
    if (measure(whole, 16, stage.theme, 600) <= room) return whole;
    const backwards = [...whole].reverse().join("");
    return [...shortened(backwards, room, 16, stage.theme, 600)].reverse().join("");
  }

  function say() {
    const node = known(pointed) ? pointed : chosen();
    if (node < 0) return stage.say(plain(stage.word("hint")));
    const { data } = stage;
    const numbers = [
      ["probability", Math.exp(data.log_probabilities[node]).toPrecision(2)],
      ["total", signed(data.totals[node])],
      ...(Number.isNaN(data.scores[node]) ? [] : [["score", signed(data.scores[node])]]),
    ];
    const way = element("bdi", "way", shortWay(node));
    way.title = written(node);
    stage.say(
      way,
      ...numbers.flatMap(([name, value], place) => [
        plain(`${place ? "  ·  " : ""}${stage.word(name)} `),
        element("span", "value", value),
      ]),
    );
  }

  function draw() {
    const { data, theme } = stage;
    const [left, top] = [scroller.scrollLeft, scroller.scrollTop];
    const width = Math.max(1, Math.min(scroller.clientWidth, Math.ceil(plan.width)));
    const height = Math.max(1, Math.min(scroller.clientHeight, Math.ceil(plan.height)));
    const pen = canvasPen(sized(canvas, width, height), theme);
    const view = { left, top, right: left + width, bottom: top + height };
    pen.at(-left, -top, () => drawTree(pen, data, plan, theme, { node: chosen(), pointed }, view));
  }
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => plan && draw());
  };

  function point(node) {
    if (node === pointed) return;
    pointed = node;
    scroller.style.cursor = node >= 0 ? "pointer" : "default";
    soon();
    say();
  }

  const spot = (event) => {
    const box = ground.getBoundingClientRect();
    return pieceAt(plan, event.clientX - box.left, event.clientY - box.top);
  };
  scroller.onscroll = soon;
  scroller.onpointermove = (event) => event.pointerType === "mouse" && point(spot(event));
  scroller.onpointerleave = () => point(-1);
  scroller.onclick = (event) => {
    const node = spot(event);
    if (node >= 0) stage.choose("node", node);
  };

  /** The next piece above (-1) or below (1) in the same column; itself where there is none. */
  function beside(node, way) {
    const { nodes, depths } = plan;
    const distance = (other) => (nodes[other].y - nodes[node].y) * way;
    return [...nodes.keys()]
      .filter((other) => depths[other] === depths[node] && distance(other) > 0)
      .sort((a, b) => distance(a) - distance(b))[0] ?? node;
  }
  const last = (node) => {
    while (plan.after[node].length) node = plan.after[node][0];
    return node;
  };
  const moves = {
    ArrowLeft: (node) => (known(stage.data.parents[node]) ? stage.data.parents[node] : node),
    ArrowRight: (node) => plan.after[node][0] ?? node,
    ArrowUp: (node) => beside(node, -1),
    ArrowDown: (node) => beside(node, 1),
    Home: (node) => wayTo(stage.data, node)[0],
    End: last,
  };

  /** Scrolls the box itself, never the page, until a piece is in it. */
  function reveal(node) {
    const { x, y, w } = plan.nodes[node];
    const half = plan.rowHeight / 2;
    const right = x + w + 24 - scroller.clientWidth;
    const below = y + half - scroller.clientHeight;
    if (right > scroller.scrollLeft) scroller.scrollLeft = right;
    if (x - 40 < scroller.scrollLeft) scroller.scrollLeft = x - 40;
    if (below > scroller.scrollTop) scroller.scrollTop = below;
    if (y - half < scroller.scrollTop) scroller.scrollTop = y - half;
  }

  scroller.onkeydown = (event) => {
    if (event.key in moves && plan.first.length) {
      const next = chosen() < 0 ? plan.first[0] : moves[event.key](chosen());
      pointed = -1;
      stage.choose("node", next, 250);
      reveal(next);
    } else if (event.key === "Escape") {
      pointed = -1;
      stage.choose("node", -1);
    } else return;
    event.preventDefault();
  };

  return {
    read() {
      scroller.setAttribute("aria-label", stage.word("label"));
    },
    paint() {
      const { data, theme, width } = stage;
      plan = treePlan(data, theme, width < 560 ? FINGER : ROW);
      ground.style.width = `${Math.ceil(plan.width)}px`;
      ground.style.height = `${Math.ceil(plan.height)}px`;
      if (!known(pointed)) pointed = -1;
      if (shown !== String(data.parents)) {
        shown = String(data.parents);
        const middle = plan.start.y - scroller.clientHeight / 2;
        scroller.scrollTo({ left: 0, top: middle, behavior: "instant" });
      }
      draw();
      say();
    },
    picture() {
      const { data, theme } = stage;
      const wide = treePlan(data, theme, ROW);
      return {
        width: wide.width,
        height: wide.height,
        draw: (pen) => drawTree(pen, data, wide, theme, { node: chosen(), pointed: -1 }),
      };
    },
  };
}

export default function (component) {
  return mount(component, createTree);
}
