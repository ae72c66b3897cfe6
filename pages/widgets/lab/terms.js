// The equation of each mechanism in pieces; a piece is lit while its stage is looked at.
// _x writes x below the line, ^x above it; braces hold more than one letter.

const context = ["c_i = Σ_j ", "context"];
const taken = [" · v_j", "value"];
const softmax = (inner) => [context, ["softmax_j(", "weights"], ...inner, [")", "weights"], taken];
const masked = [" + mask", "allowed"];
const root = [" / √d", "scaled"];
const pair = [["q_i", "query"], [" · ", "scores"], ["k_j", "key"]];
const inHeads = (inner) => [
  ["[head_1 … head_H] W^O, ", "context"],
  ["head_h = Σ_j ", "heads"],
  ["softmax_j(", "weights"],
  ...inner,
  [")", "weights"],
  [" · v_j", "values"],
];
const additiveTerms = softmax([
  ["v · tanh(", "scores"],
  ["W q_i", "queries"],
  [" + ", "scores"],
  ["U k_j", "keys"],
  [")", "scores"],
  masked,
]);
const biasedTerms = [
  context,
  ["softmax_j(", "weights"],
  ["q_i", "queries"],
  [" · ", "scores"],
  ["k_j", "keys"],
  root,
  [" + ", "biased"],
  ["bias_{h,i−j}", "bias"],
  masked,
  [")", "weights"],
  [" · v_j", "values"],
];
const projected = [
  ["W_h^Q q_i", "queries"],
  [" · ", "scores"],
  ["W_h^K k_j", "keys"],
  root,
  masked,
];
const scaled = [...pair, root, masked];
const named = (
  name,
  inner,
) => [context, [`${name}_j(`, "weights"], ...inner, [")", "weights"], taken];

export const TERMS = {
  additive: additiveTerms,
  luong_dot: softmax([...pair, masked]),
  luong_general: softmax([["q_i", "query"], [" · ", "scores"], ["W k_j", "keys"], masked]),
  luong_concat: additiveTerms,
  luong_location: softmax([["w_j · ", "scores"], ["q_i", "query"], masked]),
  local_monotonic: softmax([
    ["q_i", "query"],
    [" · ", "scores"],
    ["W k_j", "keys"],
    [" + window(|j − i| ≤ D)", "allowed"],
  ]),
  local_predictive: [
    context,
    ["softmax_j(", "shares"],
    ["q_i", "query"],
    [" · ", "scores"],
    ["W k_j", "keys"],
    [" + window", "allowed"],
    [")", "shares"],
    [" · ", "weights"],
    ["exp(−(j − ", "gaussian"],
    ["p_i", "centre"],
    [")² / 2σ²)", "gaussian"],
    taken,
  ],
  key_value: additiveTerms,
  scaled_dot_product: softmax(scaled),
  multi_head: inHeads(projected),
  grouped_query: inHeads(projected),
  rotary: softmax([["R_i q_i", "queries"], [" · ", "scores"], ["R_j k_j", "keys"], root, masked]),
  alibi: biasedTerms,
  relative_bias: biasedTerms,
  sliding_window: softmax([...pair, root, [" + window(|j − i| ≤ w/2)", "allowed"]]),
  big_bird: softmax([...pair, root, [" + blocks(window, global, random)", "allowed"]]),
  longformer: inHeads([...projected.slice(0, -1), [" + window, global", "allowed"]]),
  hard: [context, ["sample_j(", "weights"], ["softmax_j(", "probabilities"], ...scaled, [
    "))",
    "probabilities",
  ], taken],
  gumbel: named("argmax", [...scaled, [" + noise", "noise"]]),
  sparsemax: named("sparsemax", scaled),
  entmax: named("α-entmax", scaled),
  adaptive_span: softmax([...scaled, [" + log ramp(|i − j|)", "ramp"]]),
  light_conv: [context, ["softmax(W)_{j−i}", "weights"], taken],
  dynamic_conv: [
    context,
    ["softmax(", "weights"],
    ["W q_i", "kernel"],
    [")_{j−i}", "weights"],
    taken,
  ],
  routing: [["c_j = squash Σ_i ", "context"], ["softmax_j(b_{ij})", "weights"], [
    " · û_{j|i}",
    "value",
  ]],
  stacked_cross: softmax([
    ["λ [", "scores"],
    ["cos(q_i, k_j)", "similarity"],
    ["]_+ / ‖column j‖", "scores"],
    masked,
  ]),
  co_attention: [
    context,
    ["softmax_j(", "weights"],
    ["w · tanh(W_v k_j + ", "scores"],
    ["Σ_i C_{ij}", "affinity"],
    [" W_q q_i)", "scores"],
    masked,
    [")", "weights"],
    taken,
    [",  ", ""],
    ["C = tanh(q W_b k)", "affinity"],
  ],
  two_tower: softmax([["e^t cos(q_i, k_j)", "scores"], masked]),
};
