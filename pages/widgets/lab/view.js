// What the parts of the lab share: what is shown now, and where the reader is.

/** @import { Lab, Settings } from "../shared/pictures.d.ts" */
/** @import { Stage as Frame } from "../shared/stage.js" */
/** @import { Plan } from "./drawing.js" */
/** @import { Shown, Stage } from "./replay.js" */
/** @typedef {{id: string, row: number, column: number}} Spot */
/**
 * @typedef {object} View
 * @property {Frame<Lab>} stage  the frame that the widget stands in
 * @property {() => Lab} data
 * @property {() => Settings} state
 * @property {() => void} paint
 * @property {Stage[]} stages
 * @property {Shown[][]} allowed  who may look, in the head shown
 * @property {Plan} plan  where every panel and cell stands
 * @property {string} current  the step that is looked at
 * @property {Spot | null} pointed
 * @property {Spot | null} cursor
 * @property {string} complaint  why a number was not taken
 * @property {boolean} replayed  computed here
 * @property {boolean} late  the picture is of an earlier state
 * @property {boolean} refused  only Python can compute it
 * @property {() => number} heads
 * @property {() => number} head  the head shown
 * @property {(id: string) => Stage | undefined} stageOf
 * @property {(stage: Stage) => Shown[][]} matrixOf  of the head shown
 * @property {(id: string) => string} called
 * @property {(part: Partial<Settings>) => void} change
 */

/** @type {Settings} */
const BEGUN = { knobs: {}, looks: "cross", mask: "none", edits: {} };

/** @type {(stage: Frame<Lab>) => View} */
export function createView(stage) {
  /** @type {View} */
  const view = {
    stage,
    data: () => stage.data,
    state: () => stage.choice.state ?? BEGUN,
    paint: () => stage.paint(),
    stages: [],
    allowed: [],
    plan: { panels: [], width: 0, height: 0 },
    current: "",
    pointed: null,
    cursor: null,
    complaint: "",
    replayed: false,
    late: false,
    refused: false,
    heads: () => Math.max(1, ...view.stages.map((one) => one.heads.length)),
    head: () => Math.min(stage.choice.head ?? 0, view.heads() - 1),
    stageOf: (id) => view.stages.find((one) => one.id === id),
    matrixOf: (one) => one.heads[Math.min(view.head(), one.heads.length - 1)],
    called(id) {
      const [kind, number] = id.split(" "); // "round 2" is called by "round"
      return stage.word(kind, number ? { [kind]: number } : {});
    },
    change: (part) => stage.choose("state", { ...view.state(), ...part }, 250),
  };
  return view;
}
