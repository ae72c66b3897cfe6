// What is written on a page with less than 4.5 : 1 between its ink and what it stands on.
// Numbers of sliders stand beside their thumb, not on it; what cannot be pressed is left out.
() => {
  const LEFT_OUT = "button:disabled, [aria-disabled=true], .stSlider, .katex-mathml, style, script";
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const remembered = (work, known = new Map()) => (given) => {
    if (!known.has(given)) known.set(given, work(given));
    return known.get(given);
  };
  const rgba = remembered((colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  });
  const over = (top, under) => [0, 1, 2].map((at) => top[at] * top[3] + under[at] * (1 - top[3]));
  const light = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const parent = (node) => node.parentElement ?? node.getRootNode().host;
  const opacity = remembered((node) =>
    node ? getComputedStyle(node).opacity * opacity(parent(node)) : 1
  );
  const paper = remembered((node) =>
    node
      ? over(rgba(getComputedStyle(node).backgroundColor), paper(parent(node)))
      : [255, 255, 255]
  );
  const all = (root) =>
    [...root.querySelectorAll("*")].flatMap((node) =>
      node.shadowRoot ? [node, ...all(node.shadowRoot)] : [node]
    );
  const written = (node) =>
    [...node.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data.trim()).join("");
  const judged = all(document).flatMap((node) => {
    const style = getComputedStyle(node);
    const seen = node.getClientRects().length && style.visibility !== "hidden";
    if (!written(node) || !seen || parseFloat(style.fontSize) < 1 || node.closest(LEFT_OUT)) return [];
    if (opacity(node) === 0) return [];
    const ink = rgba(style.color).with(3, rgba(style.color)[3] * opacity(node));
    const [dark, bright] = [over(ink, paper(node)), paper(node)].map(light).sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    return ratio < 4.5 ? [`${written(node).slice(0, 40)}: ${ratio.toFixed(2)}`] : [];
  });
  return [...new Set(judged)];
}
