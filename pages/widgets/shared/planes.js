// Matrices in the browser: all numbers of one, or, of a large one, what is drawn of it and the rows
// that were pointed at.

/** @typedef {Float32Array | Int32Array | Uint16Array | Uint8Array} Numbers */
/** @typedef {(part: string) => ArrayBuffer | Promise<ArrayBuffer>} Ask a part by its name, at once where it is here */
/** @typedef {{ most: Float32Array, steps: Uint8Array }} Shades 255 of a cell's steps are `most` */
/** @typedef {{ dtype: string, shape?: number[], base64: string }} Packed */

/** @type {Record<string, new (bytes: ArrayBuffer) => Numbers>} */
const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
};

/**
 * Bytes as numbers of a type that numpy names.
 * @param {string} dtype
 * @param {ArrayBuffer} bytes
 */
export const numbers = (dtype, bytes) => new ARRAYS[dtype](bytes);

/** Matrices of one size: the last two axes of a shape are (row, column). */
export class Planes {
  /**
   * @param {string} dtype
   * @param {number[]} shape
   * @param {Ask} ask
   * @param {boolean} large whether they are drawn from shades
   */
  constructor(dtype, shape, ask, large) {
    this.dtype = dtype;
    const [rows, columns] = shape.slice(-2);
    this.rows = rows;
    this.columns = columns;
    this.ask = ask;
    this.large = large;
    /** @type {Map<string, Numbers | Shades>} */
    this.known = new Map();
    /** @type {Map<string, Set<() => void>>} */
    this.waiting = new Map();
  }

  /**
   * Planes of which all numbers are here.
   * @param {Numbers} values
   * @param {number[]} shape
   */
  static of(values, shape) {
    const planes = new Planes("float32", shape, () => new Promise(() => {}), false);
    const size = planes.rows * planes.columns;
    const count = shape.slice(0, -2).reduce((all, one) => all * one, 1);
    for (let place = 0; place < count; place++) {
      planes.known.set(`${place}/all`, values.subarray(place * size, (place + 1) * size));
    }
    return planes;
  }

  /**
   * All numbers of a matrix, row by row; null until they are here, and then `again` is called.
   * @param {number} place
   * @param {() => void} again
   */
  whole(place, again) {
    const open = (/** @type {ArrayBuffer} */ bytes) => numbers(this.dtype, bytes);
    return /** @type {Numbers | null} */ (this.part(`${place}/all`, open, again));
  }

  /**
   * One row of a matrix, in the same way.
   * @param {number} place
   * @param {number} row
   * @param {() => void} again
   */
  row(place, row, again) {
    const all = this.everything(place);
    if (all) return all.subarray(row * this.columns, (row + 1) * this.columns);
    return this.line("row", row, again)?.subarray(place * this.columns, (place + 1) * this.columns);
  }

  /**
   * One column of a matrix, in the same way.
   * @param {number} place
   * @param {number} column
   * @param {() => void} again
   */
  column(place, column, again) {
    const all = this.everything(place);
    if (all) return all.filter((_, index) => index % this.columns === column);
    return this.line("column", column, again)?.subarray(place * this.rows, (place + 1) * this.rows);
  }

  /** @param {number} place */
  everything(place) {
    return /** @type {Numbers | undefined} */ (this.known.get(`${place}/all`));
  }

  /**
   * That row or column of every matrix, one after the other.
   * @param {"row" | "column"} kind
   * @param {number} index
   * @param {() => void} again
   */
  line(kind, index, again) {
    const open = (/** @type {ArrayBuffer} */ bytes) => numbers(this.dtype, bytes);
    return /** @type {Numbers | null} */ (this.part(`${kind}/${index}`, open, again));
  }

  /**
   * How strong the cells of a large one are, relative to the largest of all or of each row, in the
   * same way.
   * @param {number} place
   * @param {"matrix" | "row"} scale
   * @param {() => void} again
   */
  shades(place, scale, again) {
    const rows = scale === "row" ? this.rows : 1;
    const open = (/** @type {ArrayBuffer} */ bytes) => ({
      most: new Float32Array(bytes, 0, rows),
      steps: new Uint8Array(bytes, 4 * rows),
    });
    const part = `${place}/${scale === "row" ? "rows" : "matrix"}`;
    return /** @type {Shades | null} */ (this.part(part, open, again));
  }

  /**
   * @param {string} name
   * @param {(bytes: ArrayBuffer) => Numbers | Shades} open
   * @param {() => void} again
   */
  part(name, open, again) {
    const found = this.known.get(name);
    if (found) return found;
    const asked = this.waiting.get(name);
    if (asked) asked.add(again);
    else {
      const asking = this.ask(name);
      if (asking instanceof ArrayBuffer) {
        const here = open(asking);
        this.known.set(name, here);
        return here;
      }
      const all = new Set([again]);
      this.waiting.set(name, all);
      asking.then((bytes) => {
        this.known.set(name, open(bytes));
        this.waiting.delete(name);
        all.forEach((one) => one());
      }, () => this.waiting.delete(name));
    }
    return null;
  }
}

/**
 * The bytes that a message or a page carries itself.
 * @param {Packed} packed
 */
function carried({ dtype, shape, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const found = numbers(dtype, bytes.buffer);
  return shape ? Planes.of(found, shape) : found;
}

/**
 * A picture's data with what it carries opened; the rest is as it is.
 * @param {Record<string, any>} data
 */
export function opened(data) {
  const open = (/** @type {any} */ value) =>
    typeof value?.base64 === "string" ? carried(value) : value;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, open(value)]));
}
