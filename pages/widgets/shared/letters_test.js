import { equal, holds, LETTER, THEME } from "./fakes_test.js";
import { filled, isolated, legible, measure, shortened, two, wrapped } from "./letters.js";

Deno.test("control characters become visible signs", () => {
  equal(legible("a\nb\tc\x00"), "a↵b⇥c\ufffd");
});

Deno.test("half a surrogate pair is no letter, a whole one is", () => {
  equal(legible("\ud83d"), "\ufffd");
  equal(legible("👩"), "👩");
});

Deno.test("a right-to-left word keeps to itself", () => {
  equal([...isolated("שלום")].length, 6);
});

Deno.test("a text that fits is left as it is", () => {
  equal(shortened("cat", 3 * LETTER, 16, THEME), "cat");
});

Deno.test("a text that does not fit is cut to what fits with its ellipsis", () => {
  equal(shortened("abcdefgh", 5 * LETTER, 16, THEME), "abcd…");
});

Deno.test("a family of four stays whole or goes", () => {
  const family = "👩‍👩‍👧";
  holds(!shortened(`${family}bcdefgh`, 3 * LETTER, 16, THEME).includes("👩"));
});

Deno.test("lines break between words and none is wider than the room", () => {
  const lines = wrapped("the cat sat on the mat", 8 * LETTER, 16, THEME);
  equal(lines, ["the cat", "sat on", "the mat"]);
  holds(lines.every((line) => measure(line, 16, THEME) <= 8 * LETTER));
});

Deno.test("places of a sentence are filled, unknown ones stay", () => {
  equal(filled("head {head} of {site}", { head: 3 }), "head 3 of {site}");
});

Deno.test("two decimals", () => {
  equal([two(0.126), two(1)], ["0.13", "1.00"]);
});
