// All that Streamlit sends of a widget: fetches the rest from where it lies, and keeps the last call
// until it is there. `GIVEN` = [folder, entry, styles, modules] stands before it.
const [folder, entry, styles, modules] = GIVEN;
const at = (path) => new URL(folder + path, document.baseURI).href;
const sheet = async (path) => new CSSStyleSheet().replace(await (await fetch(at(path))).text());
for (const path of modules) {
  const link = Object.assign(document.createElement("link"), { rel: "modulepreload" });
  link.href = at(path);
  document.head.append(link);
}
let loaded = null;
const loading = Promise.all([import(at(entry)), ...styles.map(sheet)])
  .then(([{ default: draw }, ...sheets]) => loaded = { draw, sheets });
const latest = new WeakMap();

function drawn(component) {
  const root = component.parentElement.getRootNode();
  const missing = loaded.sheets.filter((one) => !root.adoptedStyleSheets.includes(one));
  root.adoptedStyleSheets.push(...missing);
  return loaded.draw(component);
}

export default function (component) {
  const host = component.parentElement;
  latest.set(host, component);
  const mine = () => latest.get(host) === component;
  let close = loaded && drawn(component);
  if (!loaded) loading.then(() => mine() && (close = drawn(component)));
  return () => mine() && latest.delete(host) && close?.();
}
