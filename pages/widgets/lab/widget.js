// Attention step by step: sliders and numbers here, every stage at once; Python checks what is seen.
import { drawLab, labPlan, roomFor } from "./drawing.js";
import { check } from "./checking.js";
import { createComputing } from "./computing.js";
import { createControls } from "./controls.js";
import { createEditor } from "./editing.js";
import { equationOf, light } from "./equation.js";
import { listen } from "./pointing.js";
import { lit, say } from "./reading.js";
import { createSteps } from "./steps.js";
import { createView } from "./view.js";
import { element } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";

/** @import { Lab } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn, Pen, Widget } from "../shared/types.d.ts" */
/** @import { Plan } from "./drawing.js" */
/** @import { View } from "./view.js" */

/** The elements of the widget. @param {Stage<Lab>} stage */
function laidOut(stage) {
  const equation = element("div", "equation", "", { role: "group" });
  const ground = element("div", "ground", "", { tabindex: "0", role: "application" });
  const paper = element("div", "paper");
  const canvas = element("canvas", "lab");
  const line = element("p", "check", "", { role: "note" });
  const here = element("div", "here", "", { "aria-hidden": "true" }); // where the step's panel is
  const steps = element("div", "steps");
  const ahead = element("div", "ahead");
  paper.append(canvas);
  ground.append(paper, here);
  ahead.append(steps, equation, stage.readout);
  stage.body.append(ahead, ground, line);
  return { equation, ground, paper, canvas, line, here, steps, ahead };
}

/** @type {(stage: Stage<Lab>) => Widget} */
function createLab(stage) {
  const view = createView(stage);
  const { equation, ground, paper, canvas, line, here, steps: row, ahead } = laidOut(stage);
  const computing = createComputing(view);
  const controls = createControls(view, computing.wish);
  const steps = createSteps(view, row, () => reveal(view, here, ahead.offsetHeight));
  listen(view, ground, createEditor(view, ground), { refresh, step: steps.step });

  function refresh() {
    draw(view, canvas);
    controls.settle();
    steps.settle();
    light(equation, view.pointed?.id ?? view.current);
    say(view);
  }

  /** @param {string} id */
  function look(id) {
    view.current = view.current === id ? "" : id;
    view.paint();
  }

  return {
    read() {
      ground.setAttribute("aria-label", stage.word("label"));
      equation.setAttribute("aria-label", stage.word("equation"));
      if (!controls.build()) return;
      steps.build();
      equation.replaceChildren(...equationOf(view.data().terms, look));
    },
    paint() {
      computing.compute();
      if (!view.stageOf(view.current)) view.current = "";
      view.plan = planned(view, stage.width);
      paper.style.height = `${Math.ceil(view.plan.height)}px`;
      canvas.style.opacity = view.late ? "0.55" : "1";
      refresh();
      check(view, line);
      stage.root.dataset.steps = String(view.stages.length);
    },
    picture: () => picture(view),
  };
}

/** @type {(view: View, width: number) => Plan} */
const planned = (view, width) =>
  labPlan(view.stages, view.head(), view.called, width, view.stage.theme);

/** @type {(view: View, canvas: HTMLCanvasElement) => void} */
function draw(view, canvas) {
  const { stage, plan, allowed } = view;
  const room = roomFor(plan.height, parseFloat(canvas.style.height) || 0);
  const context = sized(canvas, Math.max(plan.width, stage.width), room);
  drawLab(canvasPen(context, stage.theme), plan, stage.theme, allowed, lit(view));
}

/** @type {(view: View) => Drawn} The picture as a file. */
function picture(view) {
  const wide = planned(view, 1180);
  return {
    width: wide.width + 20,
    height: wide.height + 10,
    draw: (pen) =>
      pen.at(10, 6, () => drawLab(pen, wide, view.stage.theme, view.allowed, lit(view))),
  };
}

/**
 * Brings the step's panel into sight, below what stays at the top.
 * @type {(view: View, here: HTMLElement, above: number) => void}
 */
function reveal(view, here, above) {
  const panel = view.plan.panels.find((one) => one.stage.id === view.current);
  if (!panel) return;
  Object.assign(here.style, {
    left: `${panel.x}px`,
    top: `${panel.y}px`,
    width: `${panel.wide}px`,
    height: `${panel.high}px`,
    scrollMarginTop: `${above + 80}px`,
    scrollMarginBottom: "20px",
  });
  here.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
}

/** @param {Component} component */
export default function (component) {
  return mount(component, createLab);
}
