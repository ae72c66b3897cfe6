import { equal } from "../shared/fakes_test.js";
import { older, sends, stays, takes } from "./habits.js";

const event = (
  /** @type {object} */ given,
) => /** @type {KeyboardEvent} */ (/** @type {unknown} */ ({
  key: "Enter",
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
  ...given,
}));

Deno.test("Enter sends a text, and nothing else that is pressed with it or instead of it", () => {
  equal(sends(event({})), true);
  for (const given of [{ shiftKey: true }, { ctrlKey: true }, { metaKey: true }, { key: "a" }]) {
    equal(sends(event(given)), false);
  }
});

Deno.test("Enter that takes a word which is being composed sends nothing", () => {
  equal(sends(event({ isComposing: true })), false);
  equal(sends(event({ keyCode: 229 })), false);
});

Deno.test("an address of the same page is no step, one of another page is", () => {
  const here = "http://a/b/explore?heads=1";
  equal(stays(here, "/b/explore"), true);
  equal(stays(here, "?heads=2"), true);
  equal(stays(here, "/b/explore/?x"), false);
  equal(stays(here, "/b/translate?heads=1"), false);
});

Deno.test("an answer is older as soon as one of its boxes holds another text", () => {
  const read = { "a.text": "one\ntwo", "a.second": "" };
  const boxes = (/** @type {Record<string, string>} */ given) => (/** @type {string} */ key) =>
    given[key];
  equal(older(read, boxes({ "a.text": "one\r\ntwo", "a.second": "" })), false);
  equal(older(read, boxes({ "a.text": "one\ntwo" })), false);
  equal(older(read, boxes({})), false);
  equal(older(read, boxes({ "a.text": "one", "a.second": "" })), true);
  equal(older(read, boxes({ "a.text": "one\ntwo", "a.second": "x" })), true);
});

Deno.test("an uploader takes what it names, by ending, by kind, or by family of kinds", () => {
  const shot = { name: "image.PNG", type: "image/png" };
  for (const accepted of ["", ".jpg,.png", ".jpg, IMAGE/PNG", "image/*"]) {
    equal(takes(accepted, shot), true);
  }
  equal(takes(".txt,.csv", shot), false);
  equal(takes(".wav,audio/*", shot), false);
});
