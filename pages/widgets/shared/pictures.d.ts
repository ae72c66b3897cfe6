// Made by `make types`; change attention_core/pictures/contracts instead.

import type { Planes } from "./planes.js";

/** What comes with every picture: its words, its place on the page. */
export interface Framed<Choice> {
  id: string;
  text: Record<string, string>;
  choices: Partial<Choice> & { turn: string };
}

export interface AlignmentChoice {
  pins: number[];
  sources: number[];
}

export interface Alignment extends Framed<AlignmentChoice> {
  title: string;
  caption: string;
  name: string;
  source: string[];
  target: string[];
  /** target × source */
  weights: Float32Array;
  links: [number, number][];
  group: string;
  compact: boolean;
}

export interface CanvasChoice {
  ink: string;
}

export interface Canvas extends Framed<CanvasChoice> {
  title: string;
  caption: string;
  name: string;
  side: number;
  levels: number;
  reach: number;
}

export interface HeadGridChoice {
  head: number[];
}

export interface HeadGrid extends Framed<HeadGridChoice> {
  title: string;
  caption: string;
  name: string;
  sites: string[];
  /** head × size × size */
  thumbnails: Uint8Array;
  thumbnails_shapes: number[][];
  /** head */
  values: Float32Array | null;
  values_shapes: number[][];
}

export interface HeadViewChoice {
  active: number[];
  pins: number[];
}

export interface HeadView extends Framed<HeadViewChoice> {
  title: string;
  caption: string;
  name: string;
  rows: string[];
  columns: string[];
  heads: number[];
  /** head × query × key */
  weights: Planes;
  /** query × key */
  allowed: Uint8Array | null;
  special_rows: number[];
  special_columns: number[];
}

export interface HearingChoice {
  word: number;
}

export interface Hearing extends Framed<HearingChoice> {
  title: string;
  caption: string;
  name: string;
  sound: string;
  seconds: number;
  words_heard: string[];
  /** word */
  starts: Float32Array;
  /** word */
  ends: Float32Array;
  /** word × frame */
  heat: Uint16Array;
  /** word */
  peaks: Float32Array;
  tones: number;
  /** band × moment */
  bands: Uint8Array;
}

export interface Turned {
  name: string;
  title: string;
  least: number;
  most: number;
  start: number;
  step: number;
  stops: number[];
}

export interface Computed {
  id: string;
  heads: (((number | boolean)[])[])[];
  rows: string;
  columns: string;
  shares: boolean;
}

export interface Settings {
  knobs: Record<string, number>;
  looks: string;
  mask: string;
  edits: Record<string, Record<string, number>>;
}

export interface LabChoice {
  state: Settings;
  head: number;
}

export interface Lab extends Framed<LabChoice> {
  title: string;
  caption: string;
  name: string;
  mechanism: string;
  base: Record<string, number[][]>;
  parameters: Record<string, unknown>;
  program: string;
  turning: string[];
  terms: [string, string][];
  knobs: Turned[];
  trace: Computed[];
  trace_of: Settings;
}

export interface Links {
  sure: number[][];
  possible: number[][];
}

export interface MatrixChoice {
  scale: "matrix" | "row";
  cell: number[];
  pins: number[];
  gold: Links;
}

export interface Matrix extends Framed<MatrixChoice> {
  title: string;
  caption: string;
  name: string;
  rows: string[];
  columns: string[];
  /** query × key */
  weights: Planes;
  /** query × key */
  allowed: Uint8Array | null;
  found: number[][];
  drawing: boolean;
}

export interface Panel {
  title: string;
  note: string;
  rows: string[];
  columns: string[];
  group: string;
}

export interface MosaicChoice {
  scale: "common" | "own";
}

export interface Mosaic extends Framed<MosaicChoice> {
  title: string;
  caption: string;
  name: string;
  panels: Panel[];
  /** row × column */
  weights: Float32Array;
  /** row × column */
  allowed: Uint8Array;
}

export interface PictureMapChoice {
  chosen: number[];
}

export interface PictureMap extends Framed<PictureMapChoice> {
  title: string;
  caption: string;
  name: string;
  picture: string;
  width: number;
  height: number;
  grid: [number, number];
  crop: [number, number, number, number];
  looks: string[];
  /** look × patch */
  heat: Planes;
  /** look */
  peaks: Float32Array;
  /** look × special */
  beside: Float32Array;
  specials: string[];
  /** patch × channel */
  colours: Uint8Array | null;
  boxes: number[][];
  covered: number[];
  unit: "share" | "number";
  own: boolean;
  picks: boolean;
}

export interface TreeChoice {
  node: number;
}

export interface Tree extends Framed<TreeChoice> {
  title: string;
  caption: string;
  name: string;
  texts: string[];
  /** piece */
  parents: Int32Array;
  /** piece */
  log_probabilities: Float32Array;
  /** piece */
  totals: Float32Array;
  /** piece */
  scores: Float32Array;
  /** piece */
  chosen: Uint8Array;
  ways: string[] | null;
}
