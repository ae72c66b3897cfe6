// A sound with its words under it: it plays, the word that is said lights up, a click goes there.
import { element, plain, quoted } from "../shared/element.js";
import { canvasPen } from "../shared/pen.js";
import { mount, sized } from "../shared/stage.js";
import {
  drawHearing,
  hearingPlan,
  looksPicture,
  soundPicture,
  strongest,
  TALL,
  weightAt,
  wordAt,
} from "./drawing.js";

/** @import { Hearing } from "../shared/pictures.d.ts" */
/** @import { Stage } from "../shared/stage.js" */
/** @import { Component, Drawn } from "../shared/types.d.ts" */

class HearingWidget {
  /** @param {Stage<Hearing>} stage */
  constructor(stage) {
    this.stage = stage;
    this.scroller = element("div", "scroller", "", { tabindex: "0", role: "application" });
    this.base = element("canvas", "base");
    this.over = element("canvas", "over");
    this.scroller.append(this.base, this.over);
    stage.body.append(this.scroller);
    this.audio = element("audio", "sound", "", { preload: "auto" });
    this.button = element("button", "switch play", "", { type: "button" });
    this.button.onclick = () => this.toggle();
    stage.controls.append(this.button, this.audio);
    this.plan = hearingPlan(stage.data, 640, stage.theme);
    this.pictures = { of: /** @type {unknown} */ (null), sound: this.base, looks: this.base };
    /** @type {{ word: number, time: number } | null} what is pointed at; word −1 is the sound */
    this.pointed = null;
    this.said = -1;
    this.frame = 0;
    this.listen();
  }

  listen() {
    const { scroller, audio } = this;
    scroller.onpointermove = (event) => this.point(this.spot(event));
    scroller.onpointerleave = () => this.point(null);
    scroller.onclick = (event) => this.press(this.spot(event));
    scroller.onkeydown = (event) => this.key(event);
    audio.onplay = audio.onpause = () => this.run();
    audio.onended = () => this.run();
    audio.onseeked = () => this.mark();
  }

  lit() {
    const kept = this.stage.choice.word ?? -1;
    return this.audio.paused ? kept : this.said;
  }

  /** @param {MouseEvent} event */
  spot(event) {
    const box = this.base.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return { word: this.plan.find(y), time: this.plan.time(x) };
  }

  /** @param {{ word: number, time: number } | null} at */
  point(at) {
    this.pointed = at;
    this.hint();
  }

  /** @param {{ word: number, time: number }} at */
  press({ word, time }) {
    if (word < 0) return this.seek(time, wordAt(this.stage.data, time));
    return this.seek(this.stage.data.starts[word], word);
  }

  /**
   * Plays from a moment, keeping a word lit.
   * @param {number} time
   * @param {number} word
   */
  seek(time, word) {
    this.audio.currentTime = time;
    this.stage.choose("word", word, 300);
    this.play();
  }

  play() {
    this.audio.play().catch(() => this.run()); // a browser may forbid it; the picture still works
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { data } = this.stage;
    const kept = this.stage.choice.word ?? -1;
    const last = data.words_heard.length - 1;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) this.stage.choose("word", Math.max(0, Math.min(last, kept + step)), 300);
    else if (event.key === "Enter") this.seek(data.starts[Math.max(0, kept)], Math.max(0, kept));
    else if (event.key === " ") this.toggle();
    else if (event.key === "Escape") this.stage.choose("word", -1);
    else return;
    event.preventDefault();
  }

  /** Follows the sound while it plays. */
  run() {
    cancelAnimationFrame(this.frame);
    this.name();
    const said = wordAt(this.stage.data, this.audio.currentTime);
    if (said !== this.said || this.audio.paused) {
      this.said = said;
      this.stage.paint();
    } else this.mark();
    if (!this.audio.paused) this.frame = requestAnimationFrame(() => this.run());
  }

  name() {
    const name = this.stage.word(this.audio.paused ? "play" : "pause");
    if (this.button.textContent !== name) this.button.textContent = name;
  }

  hint() {
    const { stage, pointed } = this;
    const { data } = stage;
    const lit = this.lit();
    if (pointed && pointed.word >= 0) {
      const { word, time } = pointed;
      const weight = (100 * weightAt(data, word, time)).toFixed(1);
      const values = { time: time.toFixed(2), word: data.words_heard[word], weight };
      return stage.say(plain(stage.word("moment", values)));
    }
    if (lit < 0 || lit >= data.words_heard.length) return stage.say(plain(stage.word("hint")));
    const frames = data.heat.length / data.words_heard.length;
    const most = ((strongest(data, lit) + 0.5) / frames) * data.seconds;
    return stage.say(quoted(data.words_heard[lit]), plain(this.told(lit, most)));
  }

  /**
   * @param {number} word
   * @param {number} most seconds at which it looks most
   */
  told(word, most) {
    const { data } = this.stage;
    return this.stage.word("word", {
      word: "",
      start: data.starts[word].toFixed(2),
      end: data.ends[word].toFixed(2),
      most: most.toFixed(2),
      weight: (100 * data.peaks[word]).toFixed(1),
    });
  }

  mark() {
    const { plan, stage } = this;
    const pen = canvasPen(sized(this.over, plan.width, plan.height), stage.theme);
    const time = this.audio.currentTime;
    if (time > 0 || !this.audio.paused) {
      pen.rect(plan.x(time) - 1.5, 0, 3, plan.height, { fill: stage.theme.accent });
    }
    this.hint();
  }

  read() {
    const { data } = this.stage;
    this.scroller.setAttribute("aria-label", this.stage.word("label"));
    this.audio.setAttribute("aria-label", this.stage.word("sound"));
    if (this.audio.getAttribute("src") !== data.sound) this.audio.src = data.sound;
    this.name();
  }

  paint() {
    const { data, theme, width } = this.stage;
    this.plan = hearingPlan(data, width, theme);
    if (this.pictures.of !== data.heat) {
      this.pictures = {
        of: data.heat,
        sound: soundPicture(data, data.tones),
        looks: looksPicture(data),
      };
    }
    const pen = canvasPen(sized(this.base, this.plan.width, this.plan.height), theme);
    drawHearing(pen, data, this.plan, theme, { ...this.pictures, lit: this.lit() });
    this.mark();
  }

  /** @returns {Drawn} */
  picture() {
    const { data, theme } = this.stage;
    const plan = hearingPlan(data, 1000, theme);
    return {
      width: plan.width,
      height: Math.max(plan.height, TALL),
      draw: (pen) => drawHearing(pen, data, plan, theme, { ...this.pictures, lit: this.lit() }),
    };
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.audio.pause();
  }
}

/** @param {Component} component */
export default function (component) {
  return mount(component, (/** @type {Stage<Hearing>} */ stage) => new HearingWidget(stage));
}
