// <exam-timer>: the time that is left by the server's clock, shown each second, said politely at 30, 10, 5 and 1 minutes
// only. Who is made nervous by it hides it: it is still said.

import { clockMinute, some, timeLeft } from "./exam-clock.js";

const SAY_AT = [30, 10, 5, 1];
const KEY = "skylab-exam-clock";

class ExamTimer extends HTMLElement {
  // Fires "time-warning" (detail: minutes), "time-over" and "clock-jumped".
  start(clock, deadline) {
    this.clock = clock;
    this.face = this.querySelector("[data-face]");
    this.toggle = this.querySelector("button");
    this.toggle.addEventListener("click", () => this.#hide(!this.hasAttribute("data-quiet")));
    this.#hide(this.#kept());
    this.set(deadline);
    this.ticking = setInterval(() => this.#tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.ticking);
  }

  // A new deadline. What has gone by already is not news; what comes again after a credit is.
  set(deadline) {
    this.deadline = deadline;
    this.due = SAY_AT.filter((minutes) => this.left > minutes * 60);
    this.querySelector("[data-ends]").textContent = `Ends at ${clockMinute(deadline)}`;
    this.over = false;
    this.#tick();
  }

  get left() {
    return Math.max(0, Math.ceil((this.deadline - this.clock.now()) / 1000));
  }

  // For who asks: "Time left: 1 hour, 12 minutes".
  get words() {
    const [hours, minutes] = [Math.floor(this.left / 3600), Math.floor((this.left % 3600) / 60)];
    if (!hours && !minutes) return `${some(this.left, "second")} left`;
    return `${[hours && some(hours, "hour"), minutes && some(minutes, "minute")].filter(Boolean).join(", ")} left`;
  }

  stop() {
    clearInterval(this.ticking);
  }

  #tick() {
    const left = this.left;
    const text = timeLeft(left);
    if (this.face.textContent !== text) this.face.textContent = text;
    this.toggleAttribute("data-near", left <= 300);
    if (this.clock.jumped()) this.#fire("clock-jumped");
    if (left > 0 && this.due.length && left <= this.due[0] * 60) this.#fire("time-warning", this.due.shift());
    if (left === 0 && !this.over) {
      this.over = true;
      this.#fire("time-over");
    }
  }

  #hide(hidden) {
    this.toggleAttribute("data-quiet", hidden);
    this.toggle.textContent = hidden ? "Show" : "Hide";
    this.toggle.setAttribute("aria-label", hidden ? "Show the time left" : "Hide the time left");
    try {
      localStorage.setItem(KEY, hidden ? "hidden" : "shown");
    } catch {
      // for this page only
    }
  }

  #kept() {
    try {
      return localStorage.getItem(KEY) === "hidden";
    } catch {
      return false;
    }
  }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("exam-timer", ExamTimer);
