// Each operation against a sum done by hand; every size is another prime or small.
import { gridFrom, OPERATIONS } from "./replay.js";

/** @type {(name: string, args: unknown[], wanted: unknown) => void} */
function gives(name, args, wanted) {
  const given = args.map((one) =>
    Array.isArray(one) && one.length && Array.isArray(one[0]) ? gridFrom(one) : one
  );
  const found = OPERATIONS[name](...given);
  const grids = [found].flat();
  const shown = grids.map((/** @type {any} */ grid) => nest(Array.from(grid.data), grid.shape));
  const text = JSON.stringify(shown.length > 1 ? shown : shown[0]);
  if (text !== JSON.stringify(wanted)) {
    throw new Error(`${name}: ${text}, not ${JSON.stringify(wanted)}`);
  }
}

/** @type {(numbers: unknown[], shape: number[]) => unknown} */
function nest(numbers, shape) {
  if (!shape.length) return numbers[0];
  const block = numbers.length / (shape[0] || 1);
  return Array.from(
    { length: shape[0] },
    (_, at) => nest(numbers.slice(at * block, (at + 1) * block), shape.slice(1)),
  );
}

const A = [[1, 2, 3], [4, 5, 6]];
const ROW = [[10, 20, 30]];

/** @type {Record<string, [string, unknown[], unknown][]>} */
const CASES = {
  "elementwise, with axes of one stretched": [
    ["add", [A, ROW, 1], [[11, 22, 33], [14, 25, 36]]],
    ["add", [A, ROW, 2], [[21, 42, 63], [24, 45, 66]]],
    ["sub", [A, 1, 1], [[0, 1, 2], [3, 4, 5]]],
    ["rsub", [A, 1, 1], [[0, -1, -2], [-3, -4, -5]]],
    ["mul", [A, [[2], [3]]], [[2, 4, 6], [12, 15, 18]]],
    ["clamp", [A, 2, 4], [[2, 2, 3], [4, 4, 4]]],
    ["clamp", [A, null, 4], [[1, 2, 3], [4, 4, 4]]],
    ["leaky_relu", [[[-2, 2]], 0.5], [[-1, 2]]],
    ["masked_fill", [A, [[true, false, true]], -1], [[-1, 2, -1], [-1, 5, -1]]],
    ["where", [[[true, false, true]], A, ROW], [[1, 20, 3], [4, 20, 6]]],
    ["bitwise_not", [[[true, false]]], [[0, 1]]],
    ["bitwise_and", [[[true, true, false]], [[true, false, false]]], [[1, 0, 0]]],
    ["_to_copy", [[[1.9, -1.9]], "int64"], [[1, -1]]],
  ],
  "moving numbers": [
    ["t", [A], [[1, 4], [2, 5], [3, 6]]],
    ["permute", [[[[1, 2]], [[3, 4]]], [2, 0, 1]], [[[1], [3]], [[2], [4]]]],
    ["view", [A, [3, -1]], [[1, 2], [3, 4], [5, 6]]],
    ["expand", [ROW, [2, -1]], [[10, 20, 30], [10, 20, 30]]],
    ["slice", [A, 1, 1, 9223372036854775807, 1], [[2, 3], [5, 6]]],
    ["slice", [A, -1, null, -1, 2], [[1], [4]]],
    ["select", [A, 1, -1], [3, 6]],
    ["split", [A, 2, 1], [[[1, 2], [4, 5]], [[3], [6]]]],
    ["unbind", [A, 0], [[1, 2, 3], [4, 5, 6]]],
    ["cat", [[gridFrom(A), gridFrom(ROW)], 0], [...A, ...ROW]],
    ["stack", [[gridFrom(A), gridFrom(A)], -1], [[[1, 1], [2, 2], [3, 3]], [[4, 4], [5, 5], [
      6,
      6,
    ]]]],
    ["constant_pad_nd", [A, [1, 0], 7], [[7, 1, 2, 3], [7, 4, 5, 6]]],
    ["constant_pad_nd", [A, [0, -1], 7], [[1, 2], [4, 5]]],
    ["flip", [A, [1]], [[3, 2, 1], [6, 5, 4]]],
    ["tril", [A, 0], [[1, 0, 0], [4, 5, 0]]],
    ["gather", [A, 1, [[2, 0], [1, 1]]], [[3, 1], [5, 5]]],
    ["index", [A, [null, gridFrom([[2, 0]])]], [[[3, 1]], [[6, 4]]]],
    ["index", [A, [gridFrom([1, 0]), gridFrom([2, 1])]], [6, 2]],
    ["index_select", [A, 1, gridFrom([2, 2])], [[3, 3], [6, 6]]],
    ["scatter.value", [A, 1, [[2], [0]], 9], [[1, 2, 9], [9, 5, 6]]],
    ["scatter.src", [A, 1, [[2], [0]], [[8], [9]]], [[1, 2, 8], [9, 5, 6]]],
  ],
  "gathering numbers": [
    ["sum", [A, null], 21],
    ["sum.dim_IntList", [A, [0], true], [[5, 7, 9]]],
    ["mean.dim", [A, [1], false], [2, 5]],
    ["amax", [A, [-1], false], [3, 6]],
    ["max.dim", [A, 1, false], [[3, 6], [2, 2]]],
    ["argmax", [[[1, 3, 3]], -1, true], [[1]]],
    ["any.dim", [[[false, true], [false, false]], 1, false], [1, 0]],
    ["linalg_vector_norm", [[[3, 4]], 2, [1], true], [[5]]],
    ["logsumexp", [[[0, 0]], [1], false], [Math.log(2)]],
    ["_softmax", [[[0, 0, -Infinity]], 1], [[0.5, 0.5, 0]]],
    ["cumsum", [A, 1], [[1, 3, 6], [4, 9, 15]]],
    ["sort", [[[2, 3, 2, 1]], 1, true], [[[3, 2, 2, 1]], [[1, 0, 2, 3]]]],
    ["topk", [A, 2, 1, true, true], [[[3, 2], [6, 5]], [[2, 1], [2, 1]]]],
    ["mm", [A, [[1, 0], [0, 1], [2, 2]]], [[7, 8], [16, 17]]],
    ["bmm", [[[[1, 2]], [[3, 4]]], [[[1], [10]], [[1], [10]]]], [[[21]], [[43]]]],
    ["addmm", [ROW, [[1], [2]], [[1, 2, 3]], 1, 1], [[11, 22, 33], [12, 24, 36]]],
  ],
};

for (const [promise, cases] of Object.entries(CASES)) {
  for (const [name, args, wanted] of cases) {
    Deno.test(`${promise}: ${name} ${JSON.stringify(wanted)}`, () => gives(name, args, wanted));
  }
}
