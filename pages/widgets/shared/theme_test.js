import { equal, holds, THEME } from "./fakes_test.js";
import { channels, luminance, mix, ramp, shade } from "./theme.js";

Deno.test("a colour by its channels", () => {
  equal(channels("#0b62a4"), [11, 98, 164]);
});

Deno.test("half of the way from black to white is grey", () => {
  equal(mix("#000000", "#ffffff", 0.5), "#808080");
  equal(mix("#123456", "#ffffff", 0), "#123456");
});

Deno.test("white shines, black does not, and green more than blue", () => {
  equal([luminance("#000000"), Math.round(luminance("#ffffff") * 1e6) / 1e6], [0, 1]);
  holds(luminance("#00ff00") > luminance("#0000ff"));
});

Deno.test("a ramp goes through its stops in equal steps", () => {
  const found = ramp(["#000000", "#ffffff", "#000000"]);
  equal([found.length, found[0], found[255]], [256, [0, 0, 0], [0, 0, 0]]);
  equal(Math.round(found[51][0]), 102);
});

Deno.test("a shade is of 0 to 1, whatever is asked", () => {
  equal([shade(THEME, -1), shade(THEME, 1), shade(THEME, 7)], ["#000000", "#ffffff", "#ffffff"]);
});
