// What is answered and not yet saved. Every change goes to this device's copy at once and to the server within two
// seconds; it is called saved only when the server has answered. Nothing is sent without the pen (exam-pen.js).

import { some } from "./exam-clock.js";

const QUIET = 600; // after the last change
const LONGEST = 1500; // after the first one: who types without a pause is saved, too
const [FIRST_WAIT, LONGEST_WAIT] = [1000, 20_000];
const BATCH = 50;

// Fires "state" (detail: {name, at, count, why, lasting}), "refused" (detail: {place, message}), and with the server's
// answer as detail "saved", "pen-lost", "section" (a place of a section that was left) and "closed".
export class Outbox extends EventTarget {
  constructor({ api, store, clock }) {
    super();
    Object.assign(this, { api, store, clock });
    this.entries = new Map();
    this.refused = new Map();
    this.latest = new Map();
    this.pen = undefined; // not yet: null is not any more
    this.savedAt = 0;
    this.tries = 0;
    this.why = "";
    this.writing = 0; // changes that this device does not hold yet
  }

  // What was not confirmed when this page, or its predecessor, went away. Returns the entries that are newer than what
  // the server has (`sequences`: a Map of place to sequence).
  async recover(sequences) {
    this.latest = new Map(sequences);
    for (const entry of await this.store.all()) {
      if (entry.sequence <= (sequences.get(entry.place) ?? 0)) await this.store.drop(entry.place, entry.sequence);
      else this.#hold(entry);
    }
    this.#tell();
    return [...this.entries.values()];
  }

  // A sequence is the server's time in milliseconds, one more where that is not enough: of two windows the later change
  // wins, and no two of them agree by chance.
  change({ place, answer, flagged, seconds, quiet = false }) {
    const sequence = Math.max((this.latest.get(place) ?? 0) + 1, Math.floor(this.clock.now()));
    const entry = { place, sequence, key: crypto.randomUUID(), answer, flagged, seconds };
    // A visit is no change: it is not counted as an answer that is not saved, and this device does not keep it. Its answer
    // is what this page knows, which may be old news once another window has written.
    entry.quiet = quiet && (this.entries.get(place)?.quiet ?? true);
    this.#hold(entry);
    this.refused.delete(place);
    if (!entry.quiet) this.#keep(entry);
    this.#tell();
    this.#plan();
    return entry;
  }

  get count() {
    return [...this.entries.values()].filter((entry) => !entry.quiet).length;
  }

  get saves() {
    return [...this.entries.values()].filter((entry) => !this.refused.has(entry.place)).slice(0, BATCH).map(({ quiet, ...save }) => save);
  }

  // Send now. Resolves to whether nothing is left; never rejects.
  async flush({ leaving = false } = {}) {
    clearTimeout(this.timer);
    this.timer = this.planned = null;
    if (this.sending && !leaving) return this.sending.then(() => (this.entries.size ? this.flush() : true));
    if (!this.pen || !this.saves.length) return !this.entries.size;
    this.sending = this.#send(leaving).finally(() => (this.sending = null));
    return this.sending;
  }

  // The connection is back, or somebody asks: do not wait for the next try.
  retry() {
    this.tries = 0;
    if (this.entries.size) this.flush();
  }

  // Take off what the server has, by its own word: {place: sequence}.
  async settle(saved, at) {
    for (const [place, sequence] of Object.entries(saved ?? {})) {
      const number = Number(place);
      this.latest.set(number, Math.max(this.latest.get(number) ?? 0, sequence));
      if ((this.entries.get(number)?.sequence ?? Infinity) <= sequence) this.entries.delete(number);
      await this.store.drop(number, sequence);
    }
    this.savedAt = at;
    this.tries = 0;
    this.why = "";
  }

  // The pen is gone, and with it what only says that somebody was there.
  drop() {
    this.pen = null;
    for (const [place, entry] of this.entries) if (entry.quiet) this.entries.delete(place);
  }

  async forget(place) {
    this.entries.delete(place);
    await this.store.drop(place, Infinity);
  }

  #hold(entry) {
    this.entries.set(entry.place, entry);
    this.latest.set(entry.place, Math.max(entry.sequence, this.latest.get(entry.place) ?? 0));
  }

  // "Kept on this device" is said when it is: a disk may take longer than the server.
  async #keep(entry) {
    this.writing += 1;
    await this.store.keep(entry);
    this.writing -= 1;
    this.#tell();
  }

  #plan() {
    const now = performance.now();
    this.planned ??= now + LONGEST;
    if (this.tries) return; // the next try is planned already
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.min(QUIET, Math.max(0, this.planned - now)));
  }

  async #send(leaving) {
    try {
      const body = { ...this.pen, saves: this.saves };
      const answer = await this.api.post("save", body, { keepalive: leaving });
      return await this.#read(answer);
    } catch (trouble) {
      this.why = trouble.kind;
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries++);
      // Jitter: whoever lost the connection together must not come back in one moment.
      const delay = Math.max(trouble.wait || 0, wait / 2 + (Math.random() * wait) / 2);
      this.timer = setTimeout(() => this.flush(), delay);
      this.#tell();
      return false;
    }
  }

  async #read(answer) {
    const { status, data, asked, answered } = answer;
    const fire = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail }));
    if (data.error === "pen") {
      this.drop();
      fire("pen-lost", data);
    } else if (data.error === "closed") {
      await this.settle(data.saved, this.savedAt);
      fire("closed", data);
      return false;
    } else if (data.error === "section") {
      // Left for good, in another window: there is no way to save it any more.
      await this.forget(data.place);
      fire("section", data);
    } else if (status !== 200) {
      // The others are sent without it; it stays on this device until it is changed.
      const place = this.entries.has(data.place) ? data.place : this.saves[0]?.place;
      this.refused.set(place, data.message);
      fire("refused", { place, message: data.message });
      if (this.saves.length) this.#plan();
    } else {
      this.clock.sync(data.now, asked, answered);
      await this.settle(data.saved, data.now);
      fire("saved", data);
      if (this.saves.length) this.#plan();
    }
    this.#tell();
    return !this.entries.size;
  }

  #tell() {
    const count = this.count;
    const held = this.why || this.pen === null || this.refused.size === count;
    const name = !count ? (this.savedAt ? "saved" : "idle") : held && !this.writing ? "unsaved" : "saving";
    const why = this.why || (this.pen === null ? "pen" : this.refused.size ? "refused" : "");
    this.dispatchEvent(new CustomEvent("state", { detail: { name, at: this.savedAt, count, why, lasting: this.store.lasting } }));
  }
}

export function keptHere(count, lasting) {
  return `${some(count, "answer")} kept ${lasting ? "on this device" : "in this window only: do not close it"}`;
}
