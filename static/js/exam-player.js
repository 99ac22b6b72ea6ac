// <exam-player>: an exam as it is sat. The places of the open section are in the page, one is shown; answers go through
// the outbox, the time comes from the server, and the server alone decides what is saved, who may write and when it ends.

import "./exam-navigator.js";
import "./exam-pen.js";
import "./exam-timer.js";
import { Api } from "./exam-api.js";
import { ServerClock, clockMinute, clockTime, some } from "./exam-clock.js";
import { Finish } from "./exam-finish.js";
import { keysAreOn, listen, switchKeys } from "./exam-keys.js";
import { Outbox, keptHere } from "./exam-outbox.js";
import { Places } from "./exam-places.js";
import { AnswerStore } from "./exam-store.js";

const REVIEW = -1;
const NEWS = 5000; // what was kept for less long is sent before anybody wonders
const LINK = {
  offline: "No connection. Go on: your answers are kept on this device and sent by themselves when it is back. Do not close this window.",
  server: "The server does not answer just now. Go on: your answers are kept on this device and sent by themselves. Do not close this window.",
  "signed-out": "You are signed out. Sign in again in another window; your answers are kept on this device and sent then.",
};
const LINK_SHORT = { offline: "; no connection now", server: "; no answer now", "signed-out": "; signed out now" };
const WHY = { offline: "no connection, ", server: "the server does not answer, ", "signed-out": "you are signed out, ", pen: "another window writes, ", "": "" };
const $ = (id) => document.getElementById(id);

class ExamPlayer extends HTMLElement {
  async connectedCallback() {
    const data = (this.data = JSON.parse($("exam-data").textContent));
    this.clock = new ServerClock(data.now);
    this.api = new Api(data.urls, this.dataset.examToken);
    this.places = new Places(this, data.places);
    [this.pen, this.timer, this.navigator] = ["exam-pen", "exam-timer", "exam-navigator"].map((name) => this.querySelector(name));
    const store = await AnswerStore.open(data.attempt);
    this.outbox = new Outbox({ api: this.api, store, clock: this.clock });
    const { api, pen, outbox, places } = this;
    this.finish = new Finish({ api, pen, outbox, places, urls: data.urls, section: data.section });
    this.#hear();
    const kept = await this.outbox.recover(new Map(data.places.map((one) => [one.place, one.sequence])));
    for (const entry of kept) this.places.restore(entry);
    const old = kept.filter((entry) => !entry.quiet && this.clock.now() - entry.sequence > NEWS).length;
    if (old) this.#notice(`${some(old, "answer")} that this device kept ${old === 1 ? "is" : "are"} being sent now.`);
    for (const place of this.places.numbers) this.#mark(place);
    this.timer.start(this.clock, data.deadline);
    this.#show(data.review ? REVIEW : data.place, { quietly: true });
    this.dataset.ready = "";
    this.beating = setInterval(() => this.#beat(), data.beat * 1000);
    await this.pen.start({ api, clock: this.clock, attempt: data.attempt, holder: data.pen });
  }

  #hear() {
    this.addEventListener("input", (event) => this.#changed(event));
    this.addEventListener("change", (event) => this.#changed(event));
    this.addEventListener("submit", (event) => event.target.closest("[data-place]") && event.preventDefault());
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("go", (event) => this.#show(event.detail));
    this.addEventListener("pen", (event) => this.#penned(event.detail));
    this.addEventListener("doubt", () => this.#beat({ now: true }));
    this.addEventListener("closed", () => this.finish.closed());
    this.addEventListener("time-warning", (event) => this.#notice(`${some(event.detail, "minute")} left.`, "time"));
    this.addEventListener("clock-jumped", () => this.#beat({ now: true }));
    this.addEventListener("time-over", () => this.#expire());
    this.outbox.addEventListener("state", (event) => this.#tellState(event.detail));
    this.outbox.addEventListener("saved", (event) => this.#read(event.detail));
    this.outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
    this.outbox.addEventListener("pen-lost", (event) => this.pen.lose(event.detail.holder));
    this.outbox.addEventListener("closed", () => this.finish.closed());
    this.outbox.addEventListener("section", ({ detail }) => {
      this.#notice(`The last change at question ${detail.place + 1} came after its section was left, and is not saved.`, "warning");
      this.#read(detail);
    });
    this.api.addEventListener("reached", () => this.#link(""));
    this.api.addEventListener("trouble", (event) => this.#link(event.detail));
    addEventListener("online", () => this.#beat({ now: true }));
    addEventListener("offline", () => this.#link("offline"));
    addEventListener("pagehide", () => this.outbox.flush({ leaving: true }));
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.outbox.flush({ leaving: true });
      else this.#beat({ now: true });
    });
    addEventListener("beforeunload", (event) => {
      // On the way, or kept here: there is nothing to be afraid of.
      const safe = !this.outbox.why && this.outbox.store.lasting;
      if (this.outbox.count && !safe && !this.finish.leaving) event.preventDefault();
    });
    this.#keys();
  }

  // --- Answering ------------------------------------------------------------------------------------------------

  #changed(event) {
    const place = Number(event.target.closest("[data-place]:not(a)")?.dataset.place ?? NaN);
    if (!this.places.all.has(place) || !this.places.read(place)) return;
    this.outbox.change(this.places.entry(place));
    this.#tellRefusal(place, "");
    this.#mark(place);
  }

  #refused({ place, message }) {
    this.#tellRefusal(place, message);
    if (place !== this.places.current) this.#notice(`Question ${place + 1} is not saved: ${message}`, "warning");
  }

  #tellRefusal(place, message) {
    const line = this.places.all.get(place)?.node.querySelector("[data-refusal]");
    if (!line || line.textContent === message) return;
    line.textContent = message;
    line.hidden = !message;
  }

  #mark(place) {
    const status = this.places.status(place);
    this.navigator.update(place, status);
    const answered = this.places.answerable.length - this.places.unanswered.length;
    for (const count of this.querySelectorAll("[data-count-answered]")) count.textContent = answered;
    if (this.places.current === null) this.#fillReview();
  }

  // --- Going about ----------------------------------------------------------------------------------------------

  #show(place, { quietly = false } = {}) {
    const before = this.places.current;
    const first = this.places.show(place);
    const visited = before !== null && before !== place ? before : first && !quietly ? place : null;
    if (visited !== null && !this.hasAttribute("data-reading")) this.outbox.change({ ...this.places.entry(visited), quiet: true });
    const reviewing = this.places.current === null;
    $("review").hidden = !reviewing;
    if (reviewing) this.#fillReview();
    else this.#mark(place);
    this.navigator.show(place);
    const ends = [-1, 1].map((step) => !reviewing && this.places.beside(place, step) === undefined);
    this.dataset.at = reviewing ? "review" : ["first", "last"].filter((_, at) => ends[at]).join(" ") || "between";
    $("exam-at").textContent = reviewing ? "Review" : place + 1;
    document.title = `${this.data.code}: ${reviewing ? "review" : `question ${place + 1}`} · Skylab`;
    history.replaceState(null, "", reviewing ? "?review" : `?question=${place + 1}`);
    this.querySelector(".exam-side")?.hidePopover?.();
    if (quietly) return;
    scrollTo({ top: 0, behavior: "instant" });
    (reviewing ? $("review") : this.places.all.get(place).node).querySelector("h2").focus({ preventScroll: true });
  }

  #step(step) {
    const { current, numbers } = this.places;
    if (current === null) return step < 0 && this.#show(numbers.at(-1));
    const next = this.places.beside(current, step);
    this.#show(next ?? (step > 0 ? REVIEW : current));
  }

  #clicked(event) {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    event.preventDefault();
    const deeds = { next: () => this.#step(1), previous: () => this.#step(-1), review: () => this.#show(REVIEW) };
    deeds.finish = () => this.finish.ask(button.dataset.way);
    deeds.go = () => this.#show(Number(button.dataset.place));
    deeds[button.dataset.do]?.();
  }

  #fillReview() {
    const { unanswered, partly, flagged, answerable } = this.places;
    const fill = (name, rows) => {
      const group = this.querySelector(`[data-review="${name}"]`);
      group.hidden = !rows.length;
      group.querySelector("[data-review-count]").textContent = rows.length;
      group.querySelector("ul").replaceChildren(...rows.map(([place, note]) => this.#reviewRow(place, note)));
    };
    fill("unanswered", unanswered.map((place) => [place, ""]));
    fill("partly", partly);
    fill("flagged", flagged.map((place) => [place, ""]));
    $("review-all").hidden = Boolean(unanswered.length || partly.length || !answerable.length);
    $("review-answered").textContent = `${answerable.length - unanswered.length} of ${answerable.length}`;
  }

  #reviewRow(place, note) {
    const row = $("review-row").content.cloneNode(true).firstElementChild;
    const link = row.querySelector("a");
    link.dataset.place = place;
    link.href = `?question=${place + 1}`;
    link.querySelector("[data-number]").textContent = place + 1;
    link.querySelector("[data-stem]").textContent = this.places.all.get(place).node.dataset.excerpt;
    row.querySelector("[data-note]").textContent = note;
    return row;
  }

  #keys() {
    const box = $("exam-keys");
    box.checked = keysAreOn();
    box.addEventListener("change", () => switchKeys(box.checked));
    const choose = (key) => {
      const node = this.places.all.get(this.places.current)?.node;
      node?.querySelectorAll("fieldset[data-lockable]:not(:disabled) :is(input[type=radio], input[type=checkbox]):not([name=flagged])")[Number(key) - 1]?.click();
    };
    const flag = () => this.places.all.get(this.places.current)?.form.elements.flagged.click();
    const deeds = { n: () => this.#step(1), p: () => this.#step(-1), f: flag, r: () => this.#show(REVIEW), "?": () => $("keys-dialog").showModal() };
    deeds.g = () => this.#toNavigator();
    deeds.t = () => this.#announce(this.timer.words);
    for (const digit of "123456789") deeds[digit] = choose;
    listen(deeds, () => box.checked);
  }

  #toNavigator() {
    const side = this.querySelector(".exam-side");
    if (side.hasAttribute("popover") && getComputedStyle(side).display === "none") side.showPopover();
    this.navigator.focusCurrent();
  }

  // --- The server's word ----------------------------------------------------------------------------------------

  // Saves bring the same news: a beat is for the silence between them.
  async #beat({ now = false } = {}) {
    if (this.finish.leaving) return;
    if (now && this.outbox.count) this.outbox.retry();
    if (!now && performance.now() - (this.heard ?? 0) < this.data.beat * 500) return;
    if (now) this.finish.hurry();
    try {
      const { status, data, asked, answered } = await this.api.post("beat", this.pen.body);
      if (data.now) this.clock.sync(data.now, asked, answered);
      if (status === 410) this.finish.closed();
      else if (status === 409 && this.pen.mine) this.pen.lose(data.holder);
      if (status < 300 || status === 409) this.#read(data);
    } catch {
      // told by the banner
    }
  }

  #read(data) {
    this.heard = performance.now();
    if (data.state && data.state !== "open") return this.finish.closed();
    if (data.section > this.data.section && !this.finish.leaving) return location.reload();
    if (data.deadline && data.deadline !== this.timer.deadline) {
      const more = Math.round((data.deadline - this.timer.deadline) / 1000);
      this.timer.set(data.deadline);
      const minutes = more % 60 ? some(more, "second") : some(more / 60, "minute");
      const why = (data.notices ?? []).filter((one) => one.id > this.data.notices).map((one) => one.text);
      const ends = `The exam ends at ${clockMinute(data.deadline)} now.`;
      if (more > 0) this.#notice([...(why.length ? why : [`You have ${minutes} more.`]), ends].join(" "), "success");
    }
    this.data.notices = Math.max(this.data.notices, ...(data.notices ?? []).map((one) => one.id));
  }

  #penned(mine) {
    if (mine) this.outbox.pen = this.pen.body;
    else this.outbox.drop();
    this.toggleAttribute("data-reading", !mine);
    this.places.lock(!mine);
    if (mine) this.outbox.flush();
    else this.#tellState({ ...this.state, why: "pen" });
  }

  async #expire() {
    if (this.finish.leaving) return;
    this.places.lock(true);
    if (this.pen.mine) return this.finish.expire();
    // Only looking: the other window hands in, or the sweep closes it.
    await this.#beat({ now: true });
    if (!this.finish.leaving) setTimeout(() => this.finish.closed(), 6000);
  }

  // --- What is said ---------------------------------------------------------------------------------------------

  #tellState(state) {
    const before = this.state?.name;
    this.state = state;
    const node = $("save-state");
    node.dataset.state = state.name;
    const [word, more] = {
      idle: ["Saved as you go", ""],
      saved: [`Saved ${clockTime(state.at)}`, ""],
      saving: ["Saving …", ""],
      unsaved: ["Not saved yet", `: ${WHY[state.why] ?? ""}${keptHere(state.count ?? 0, state.lasting)}`],
    }[state.name] ?? ["", ""];
    node.querySelector("b").textContent = word;
    node.querySelector("[data-more]").textContent = more || LINK_SHORT[this.kind] || "";
    if (state.name === "unsaved" && before !== "unsaved") this.#announce(`${word}${more}`);
    if (state.name === "saved" && before === "unsaved") this.#announce("All answers are saved.");
  }

  #link(kind) {
    this.kind = kind;
    if (this.state) this.#tellState(this.state);
    const banner = $("link-banner");
    const text = LINK[kind] ?? "";
    if (banner.querySelector("p").textContent === text) return;
    const back = !text && !banner.hidden;
    banner.querySelector("p").textContent = text;
    banner.hidden = !text;
    if (back) {
      this.#announce("The connection is back.");
      this.outbox.retry();
      this.finish.hurry();
    }
  }

  // Quiet: it waits in its corner, is said politely, and goes with the next one of its kind.
  #notice(text, kind = "note") {
    const toast = $("toast-notice").content.cloneNode(true).firstElementChild;
    toast.classList.add(kind);
    toast.dataset.notice = kind;
    toast.querySelector("p").textContent = text;
    for (const old of document.querySelectorAll(`[data-notice="${kind}"]`)) old.remove();
    $("toasts").append(toast);
    this.#announce(text);
  }

  #announce(text) {
    document.dispatchEvent(new CustomEvent("announce", { detail: text }));
  }
}

customElements.define("exam-player", ExamPlayer);
