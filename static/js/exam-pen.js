// <exam-pen>: which window may write. The server decides: each taking of the pen has a number (its epoch), and what comes
// with an older one is refused. A BroadcastChannel only makes windows of one browser notice sooner.

const ALIVE = 150; // so long a window of this browser has to say that it is there
const [FIRST_WAIT, LONGEST_WAIT] = [1000, 15_000];

// What a candidate with two machines can tell apart: "Chrome on Windows".
function thisDevice() {
  const agent = navigator.userAgent;
  const find = (names) => names.find(([mark]) => agent.includes(mark))?.[1];
  const browser = find([["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrom", "Chrome"], ["Safari/", "Safari"]]);
  const system = find([["Android", "Android"], ["iPhone", "an iPhone"], ["iPad", "an iPad"], ["Windows", "Windows"], ["Mac OS", "a Mac"], ["CrOS", "a Chromebook"], ["Linux", "Linux"]]);
  return `${browser ?? "a browser"} on ${system ?? "another device"}`;
}

export const deviceOf = (tab) => tab.slice(tab.indexOf(" ") + 1) || "another window";

class ExamPen extends HTMLElement {
  // Fires "pen" (detail: whether this window may write).
  start({ api, clock, attempt, holder }) {
    Object.assign(this, { api, clock, attempt, holder });
    this.tab = `${crypto.randomUUID().slice(0, 13)} ${thisDevice()}`.slice(0, 64);
    this.epoch = 0;
    this.mine = false;
    this.banner = this.querySelector("[data-pen-banner]");
    this.dialog = this.querySelector("dialog");
    this.addEventListener("click", (event) => event.target.closest("[data-pen-take]") && this.#again());
    this.dialog.addEventListener("close", () => this.mine || this.#readOnly());
    this.channel = new BroadcastChannel(`skylab-exam-${attempt}`);
    this.channel.onmessage = ({ data }) => this.#hear(data);
    return this.#begin();
  }

  async take() {
    for (let tries = 0; ; tries += 1) {
      try {
        const { status, data, asked, answered } = await this.api.post("pen", { tab: this.tab });
        if (data.now) this.clock.sync(data.now, asked, answered);
        if (status === 410) return this.dispatchEvent(new CustomEvent("closed", { bubbles: true, detail: data }));
        if (status === 200) return this.#hold(data.epoch);
      } catch {
        // tried again
      }
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries);
      await new Promise((resolve) => setTimeout(resolve, wait / 2 + (Math.random() * wait) / 2));
    }
  }

  // The server has refused us: another window has the pen.
  lose(holder) {
    this.holder = holder ?? "";
    this.mine = false;
    this.#readOnly();
  }

  get body() {
    return { tab: this.tab, epoch: this.epoch };
  }

  async #begin() {
    const asked = this.#note("take", null);
    const before = this.#note("tab");
    // A reload is the same window still. A copy of it ("Duplicate tab") has the same notes, but its original answers.
    if (asked || !this.holder || (before === this.holder && !(await this.#alive(before)))) return this.take();
    this.#name();
    this.#readOnly();
    this.dialog.showModal();
  }

  #hold(epoch) {
    Object.assign(this, { epoch, mine: true, holder: this.tab });
    this.#note("tab", this.tab);
    this.channel.postMessage({ taken: this.tab });
    this.banner.hidden = true;
    this.dispatchEvent(new CustomEvent("pen", { bubbles: true, detail: true }));
  }

  // The other window may have changed any answer: the page is fetched anew, and takes the pen at its start.
  #again() {
    this.dialog.close("take");
    this.#note("take", "yes");
    location.reload();
  }

  #readOnly() {
    this.#name();
    this.banner.hidden = false;
    this.dispatchEvent(new CustomEvent("pen", { bubbles: true, detail: false }));
  }

  #name() {
    for (const place of this.querySelectorAll("[data-pen-holder]")) place.textContent = deviceOf(this.holder);
  }

  #hear(message) {
    if (message.alive && message.alive === this.tab) this.channel.postMessage({ here: this.tab });
    if (message.here && message.here === this.waiting) this.answered?.(true);
    // A hint, from whoever can post to this channel: the server is asked whether it is so.
    if (message.taken && this.mine) this.dispatchEvent(new CustomEvent("doubt", { bubbles: true }));
  }

  #alive(tab) {
    this.waiting = tab;
    return new Promise((resolve) => {
      this.answered = resolve;
      this.channel.postMessage({ alive: tab });
      setTimeout(() => resolve(false), ALIVE);
    });
  }

  // Notes of this window (they outlive a reload). `value` null: read and forget.
  #note(name, value) {
    const key = `skylab-exam-${name}-${this.attempt}`;
    try {
      const found = sessionStorage.getItem(key);
      if (value) sessionStorage.setItem(key, value);
      else if (value === null) sessionStorage.removeItem(key);
      return found;
    } catch {
      return null;
    }
  }
}

customElements.define("exam-pen", ExamPen);
