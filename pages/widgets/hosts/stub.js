// All that Streamlit sends of a widget: fetches the rest from where it lies.
// `GIVEN` = [folder, entry, styles, names of modules without their ending] stands before it.
const [folder, entry, styles, modules] = GIVEN;
const at = (path) => new URL(folder + path, document.baseURI).href;
for (const name of modules.split(",")) {
  const href = at(name + ".js");
  document.head.append(
    Object.assign(document.createElement("link"), { rel: "modulepreload", href }),
  );
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
