import { fileName, sheet } from "./download.js";
import { equal, holds, Recorder, THEME } from "./fakes_test.js";

const drawn = { width: 400, height: 100, draw() {} };
const data = { title: "", caption: "", name: "a", text: {} };

Deno.test("a name has no signs that a folder would take amiss", () => {
  equal(fileName("../a b/<c>", "svg"), "a-b-c.svg");
  equal(fileName("头 1", "png"), "头-1.png");
  equal(fileName("///", "png"), "attention.png");
});

Deno.test("a sheet is larger than its picture by its margins", () => {
  const page = sheet(drawn, data, THEME);
  equal([page.width, page.height], [400 + 56, 100 + 56]);
});

Deno.test("title, caption and note are written, and take room", () => {
  const full = { ...data, title: "Title", caption: "Caption", text: { note: "Note" } };
  const [pen, page] = [new Recorder(), sheet(drawn, full, THEME)];
  page.draw(pen);
  equal(pen.texts(), ["Title", "Caption", "Note"]);
  holds(page.height > 100 + 56 + 3 * 20);
});
