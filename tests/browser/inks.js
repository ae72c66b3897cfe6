// Everything that is written on a page: its letters, their ink, and where they stand in the window.
// Then the letters are made invisible, so that a picture shows what is behind them.
// Left out: what cannot be pressed (WCAG 2.2, 1.4.3 asks nothing of it), formulas written a second
// time for screen readers, and the ends of a slider's scale, which show only while it is held.
() => {
  const LEFT_OUT =
    "button:disabled, [aria-disabled=true], .katex-mathml, [data-testid=stSliderTickBar], style, script";
  const CLEAR = "* { -webkit-text-fill-color: transparent !important; transition: none !important; }" +
    "text, tspan { fill: transparent !important; stroke: transparent !important; }";
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const above = (node) => {
    const found = [];
    for (let one = node; one; one = one.parentElement ?? one.getRootNode().host) found.push(one);
    return found;
  };
  const roots = [document];
  for (const root of roots) { // grows while it is walked
    roots.push(...[...root.querySelectorAll("*")].flatMap((node) => node.shadowRoot ?? []));
  }
  const lines = (node) =>
    [...node.childNodes].filter((one) => one.nodeType === 3 && one.data.trim()).flatMap((one) => {
      const range = document.createRange();
      range.selectNodeContents(one);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
      return boxes.map(({ x, y, width, height }) => [one.data.trim(), [x, y, width, height]]);
    });
  const inked = (node) => {
    const style = getComputedStyle(node);
    const written = lines(node);
    if (!written.length || style.visibility === "hidden" || node.closest(LEFT_OUT)) return [];
    const opacity = above(node).reduce((share, one) => share * getComputedStyle(one).opacity, 1);
    const [red, green, blue, alpha] = rgba(
      node.namespaceURI.endsWith("svg") ? style.fill : style.webkitTextFillColor,
    );
    if (!(alpha * opacity)) return [];
    return written.map(([text, box]) => ({ text, box, ink: [red, green, blue, alpha * opacity] }));
  };
  const found = roots.flatMap((root) => [...root.querySelectorAll("*")].flatMap(inked));
  for (const root of roots) {
    const style = document.createElement("style");
    style.className = "test-clear";
    style.textContent = CLEAR;
    (root.head ?? root).append(style);
  }
  return found;
}
