// All that Streamlit sends of a widget: what fetches the rest from where it lies.
// `GIVEN` = [folder, entry, styles, modules] stands before it.
const [folder, ...rest] = GIVEN;
const at = (path) => new URL(folder + path, document.baseURI).href;
let show = null;
const loading = import(at("hosts/streamlit.js")).then((host) => host.widget(at, ...rest))
  .then((one) => show = one);

export default function (component) {
  let close = show?.(component);
  let gone = false;
  if (!show) loading.then(() => gone || (close = show(component)));
  return () => {
    gone = true;
    close?.();
  };
}
