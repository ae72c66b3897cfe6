// What the modules of the widgets hand to one another.
import type { Framed } from "./pictures.d.ts";

export interface Style {
  fill?: string;
  stroke?: string;
  width?: number;
  opacity?: number;
  dash?: number[];
  radius?: number;
}

export interface TextStyle {
  size: number;
  fill: string;
  weight?: number;
  anchor?: "start" | "middle" | "end";
  rotate?: number;
  opacity?: number;
  title?: string;
}

/** One way to draw, on a canvas or into an SVG file. */
export interface Pen {
  rect(x: number, y: number, w: number, h: number, style: Style): void;
  path(d: string, style: Style): void;
  hatch(x: number, y: number, w: number, h: number): void;
  /** A photograph is enlarged smoothly, cells of numbers are not. */
  image(
    picture: HTMLCanvasElement,
    x: number,
    y: number,
    w: number,
    h: number,
    smooth?: boolean,
  ): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
  at(x: number, y: number, draw: () => void): void;
}

export type Colour = [number, number, number];

export interface Theme {
  mode: "light" | "dark";
  paper: string;
  ink: string;
  font: string;
  accent: string;
  heads: string[];
  ramp: Colour[];
  quiet: string;
  faint: string;
  hair: string;
  wash: string;
}

/** A drawing and its size in px. */
export interface Drawn {
  width: number;
  height: number;
  draw(pen: Pen): void;
}

export interface Sheet {
  title: string;
  caption: string;
  name: string;
  text: Record<string, string>;
}

/** What a widget does for the stage it stands on. */
export interface Widget {
  /** New data came. */
  read(): void;
  /** Draw for the width and the choices at hand; false while something for it is still to come. */
  paint(): boolean | void;
  /** The same for a file. */
  picture(): Drawn;
  close?(): void;
}

/** What the host (Streamlit, a page of its own) hands to a widget at every call. */
export interface Component {
  // deno-lint-ignore no-explicit-any -- Streamlit hands over what Python sent
  data: any;
  parentElement: HTMLElement;
  setStateValue(name: string, value: unknown): void;
}

// deno-lint-ignore no-explicit-any -- of any picture
export type AnyFramed = Framed<any> & Sheet;

/** A box in px. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
