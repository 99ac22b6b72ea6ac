// The ways out: leave a section for good, submit, or have the time end. Each asks the server until it has answered, and
// says so while it has not: nothing is called submitted before.

import { some } from "./exam-clock.js";

const [FIRST_WAIT, LONGEST_WAIT] = [500, 15_000];
const LIST = new Intl.ListFormat("en", { type: "conjunction" });

// Places as they are read out: [0, 1, 2, 6] are "1 to 3" and "7".
function runs(places) {
  const found = [];
  for (const place of places) {
    const last = found.at(-1);
    if (last && last[1] === place - 1) last[1] = place;
    else found.push([place, place]);
  }
  return found.map(([from, to]) => (from === to ? `${from + 1}` : `${from + 1}${to - from > 1 ? " to" : ","} ${to + 1}`));
}

export class Finish {
  constructor({ api, pen, outbox, places, urls, section }) {
    Object.assign(this, { api, pen, outbox, places, urls, section });
    this.over = document.getElementById("exam-over");
    for (const dialog of document.querySelectorAll("dialog[data-way-out]")) {
      dialog.addEventListener("close", () => this.asking?.dialog === dialog && (this.asking = null));
      dialog.querySelector("form").addEventListener("submit", (event) => {
        event.preventDefault();
        this.go(dialog.dataset.wayOut, dialog);
      });
    }
  }

  ask(way) {
    const dialog = document.querySelector(`dialog[data-way-out="${way}"]`);
    dialog.querySelector("[data-summary]").replaceChildren(...this.#summary());
    this.#say(dialog, "");
    dialog.showModal();
  }

  // The time is over: what is here goes with it; the server still takes it for a few seconds.
  async expire() {
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    this.over.showModal();
    this.over.addEventListener("close", () => this.leaving || this.over.showModal());
    await this.outbox.flush();
    await this.go("submit", this.over);
  }

  // Closed, by whomever: the receipt's page tells how, and what did not come in time. Several may learn it
  // at once (a beat, a save, the hand-in): the page is left once, or each would break off the one before.
  closed() {
    if (this.leaving) return;
    this.leaving = true;
    location.replace(this.urls.receipt);
  }

  async go(way, dialog) {
    const mark = (this.asking = { dialog });
    this.#busy(dialog, true);
    for (let tries = 0; this.asking === mark; tries += 1) {
      try {
        await this.outbox.flush();
        const answer = await this.api.post(way, { ...this.pen.body, ...(way === "submit" ? { saves: this.outbox.saves } : { from: this.section }) });
        const { status, data } = answer;
        if (data.error === "closed" || (status === 200 && way === "submit")) {
          await this.outbox.settle(data.saved, this.outbox.savedAt);
          return this.closed();
        }
        // "section": it was left already, in another window.
        if (status === 200 || data.error === "section") return this.#next();
        if (data.error === "pen") {
          this.asking = null;
          dialog.close();
          return this.pen.lose(data.holder);
        }
        this.#busy(dialog, false);
        return this.#say(dialog, data.message ?? "The server did not take this. Try again.");
      } catch (trouble) {
        const reason = { offline: "There is no connection", server: "The server does not answer", "signed-out": "You are signed out" }[trouble.kind];
        const kept = this.outbox.count ? `, and ${some(this.outbox.count, "answer")} not sent` : "";
        this.#say(dialog, `${reason}: nothing is ${way === "submit" ? "submitted" : "left"} yet${kept}. It is tried again by itself; keep this window open.`);
        const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries);
        await this.#pause(wait / 2 + (Math.random() * wait) / 2);
      }
    }
    this.#busy(dialog, false);
  }

  // The connection is back: do not wait for the next try.
  hurry() {
    this.wake?.();
  }

  #next() {
    this.leaving = true;
    location.replace(location.pathname);
  }

  #pause(ms) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, ms);
    });
  }

  #busy(dialog, busy) {
    for (const button of dialog.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", String(busy));
  }

  #say(dialog, text) {
    const line = dialog.querySelector("[data-said]");
    line.textContent = text;
    line.hidden = !text;
  }

  #summary() {
    const named = (places) => LIST.format(runs(places));
    const { unanswered, partly, flagged } = this.places;
    const says = [];
    if (unanswered.length) says.push(`${unanswered.length} not answered: ${named(unanswered)}`);
    if (partly.length) says.push(`${partly.length} answered in part: ${named(partly.map(([place]) => place))}`);
    if (flagged.length) says.push(`${flagged.length} still flagged: ${named(flagged)}`);
    const { answerable, numbers } = this.places;
    if (!says.length && answerable.length) says.push(`All ${some(answerable.length, "question")} answered`);
    if (answerable.length < numbers.length) says.push("The labs are graded as they stand");
    return says.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    });
  }
}
