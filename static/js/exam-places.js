// The places of the open section: which is shown, what is answered, seen and flagged at each, how long one was there.

import { missing, readAnswer, showAnswer } from "./exam-answer.js";

export class Places {
  // `rows`: what the server knows: [{place, sequence, answer, flagged, seconds, seen}].
  constructor(root, rows) {
    this.all = new Map();
    for (const row of rows) {
      const node = root.querySelector(`#place-${row.place}`);
      if (node) this.all.set(row.place, { ...row, node, form: node.querySelector("form") });
    }
    this.numbers = [...this.all.keys()];
    // A lab is worked in, not answered here.
    this.answerable = this.numbers.filter((place) => this.all.get(place).node.dataset.type !== "lab");
    this.current = null;
    this.since = null;
    document.addEventListener("visibilitychange", () => this.#count());
  }

  // What this device kept is newer than what the server sent.
  restore({ place, answer, flagged, seconds }) {
    const one = this.all.get(place);
    if (!one) return;
    Object.assign(one, { answer, flagged, seconds, seen: true });
    showAnswer(one.form, answer);
    one.form.elements.flagged.checked = flagged;
  }

  // Returns whether the form holds something else than what is known of it, and knows it from here on.
  read(place) {
    const one = this.all.get(place);
    const [answer, flagged] = [readAnswer(one.form), one.form.elements.flagged.checked];
    if (flagged === one.flagged && JSON.stringify(answer) === JSON.stringify(one.answer)) return false;
    Object.assign(one, { answer, flagged, seen: true });
    return true;
  }

  show(place) {
    this.#count();
    this.current = this.all.has(place) ? place : null;
    this.since = performance.now();
    for (const [number, one] of this.all) one.node.hidden = number !== place;
    const one = this.all.get(place);
    if (!one) return false;
    const first = !one.seen;
    one.seen = true;
    return first;
  }

  // What is to be saved of a place.
  entry(place) {
    this.#count();
    const { answer, flagged, seconds } = this.all.get(place);
    return { place, answer, flagged, seconds: Math.round(seconds) };
  }

  status(place) {
    const one = this.all.get(place);
    return { state: one.answer ? "answered" : one.seen ? "seen" : "unseen", flagged: one.flagged };
  }

  beside(place, step) {
    return this.numbers[this.numbers.indexOf(place) + step];
  }

  get unanswered() {
    return this.answerable.filter((place) => !this.all.get(place).answer);
  }

  get flagged() {
    return this.numbers.filter((place) => this.all.get(place).flagged);
  }

  // [place, what is missing] of those that are answered in part.
  get partly() {
    return this.numbers
      .filter((place) => this.all.get(place).answer)
      .map((place) => [place, missing(this.all.get(place).form)])
      .filter(([, what]) => what);
  }

  lock(locked) {
    for (const one of this.all.values()) {
      for (const fields of one.form.querySelectorAll("fieldset[data-lockable]")) fields.disabled = locked;
    }
  }

  #count() {
    const one = this.all.get(this.current);
    const now = performance.now();
    if (one && this.since !== null && !this.away) one.seconds += (now - this.since) / 1000;
    this.since = now;
    this.away = document.hidden;
  }
}
