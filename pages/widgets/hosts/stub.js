// All that Streamlit sends of a widget: fetches the rest from where it lies.
// `GIVEN` = [folder, entry, styles, modules] stands before it.
const [folder, entry, styles, modules] = GIVEN;
const at = (path) => new URL(folder + path, document.baseURI).href;
for (const path of modules) {
  const link = Object.assign(document.createElement("link"), { rel: "modulepreload" });
  link.href = at(path);
  document.head.append(link);
}
const texts = styles.map(async (path) => (await fetch(at(path))).text());
let show = null;
const loading = Promise.all([import(at("hosts/streamlit.js")), import(at(entry)), ...texts])
  .then(([host, { default: draw }, ...sheets]) => show = host.shower(draw, sheets));

export default function (component) {
  let close = show?.(component);
  let gone = false;
  if (!show) loading.then(() => gone || (close = show(component)));
  return () => {
    gone = true;
    close?.();
  };
}
