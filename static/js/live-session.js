// <live-session events="url">: hears what happened in the sandbox (server-sent events) and asks for the parts of the page
// that show it. An event carries no content, only its type: a part is fetched with the learner's own rights, or not at all.
// A part says which events it shows: data-live="call state". Without a stream, all parts are asked for every five seconds.

const POLL = 5000;
// What somebody waits for comes at once; what only keeps lists up to date waits a little, and for a burst's other calls.
const GATHER = { grading: 0, state: 0, clock: 0, history: 0, message: 0, call: 150 };
const BESIDE = 60; // the rest of the page gives way to the tasks
const CHECKING = 20_000; // the longest that the page says so without an answer

class LiveSession extends HTMLElement {
  connectedCallback() {
    this.waiting = new Map();
    this.connect();
    this.poll = setInterval(() => this.live || document.hidden || this.refresh("*"), POLL);
    this.offerReturn();
    this.addEventListener("shown", (event) => this.refreshStale(event.target));
    this.addEventListener("keyed", (event) => this.tell(event));
    // The clock is in the bar, outside of this element.
    document.addEventListener("time-warning", (event) => this.warn(event.detail.minutes));
    document.addEventListener("time-over", () => this.refresh("state"));
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    document.addEventListener("visibilitychange", () => document.hidden || this.live || this.refresh("*"));
  }

  disconnectedCallback() {
    this.source?.close();
    clearInterval(this.poll);
  }

  get live() {
    return this.source?.readyState === EventSource.OPEN;
  }

  connect() {
    this.source?.close();
    this.source = new EventSource(this.getAttribute("events"));
    this.source.onopen = () => {
      this.dataset.stream = "open";
      // What happened before there was a stream was not told: between the page and its stream, too.
      this.refresh("*");
    };
    this.source.onerror = () => (this.dataset.stream = "lost");
    this.source.onmessage = ({ data }) => {
      const { type } = JSON.parse(data);
      if (type === "checking") return this.checking(true);
      if (type === "grading") this.checking(false), (this.graded = true);
      this.refresh(type);
    };
  }

  refresh(type) {
    for (const part of document.querySelectorAll("[data-live]")) {
      if (type !== "*" && !part.dataset.live.split(" ").includes(type)) continue;
      if (part.closest("[hidden]")) part.dataset.stale = "";
      else this.ask(part, (GATHER[type] ?? GATHER.call) + (part.id === "tasks" || type === "call" ? 0 : BESIDE));
    }
  }

  refreshStale(root) {
    const stale = root.querySelectorAll("[data-stale]");
    for (const part of root.matches("[data-stale]") ? [root, ...stale] : stale) this.ask(part, 0);
  }

  // The first to ask sets the time, and an earlier one wins: a stream of calls puts nothing off.
  ask(part, wait) {
    delete part.dataset.stale;
    const at = performance.now() + wait;
    const due = this.waiting.get(part.id);
    if (due && due.at <= at) return;
    clearTimeout(due?.timer);
    const timer = setTimeout(() => {
      this.waiting.delete(part.id);
      htmx.trigger(`#${part.id}`, "refresh");
    }, wait);
    this.waiting.set(part.id, { at, timer });
  }

  // A judgement that takes its time: the tasks say so, and nothing else moves.
  checking(under_way) {
    clearTimeout(this.patience);
    document.getElementById("guide")?.toggleAttribute("data-checking", under_way);
    if (under_way) this.patience = setTimeout(() => this.checking(false), CHECKING);
  }

  tell(event) {
    const news = event.detail.changed.filter((child) => child.dataset.say && !("said" in child.dataset));
    const says = news.map((child) => child.dataset.say);
    if (event.target.id === "tasks" && this.graded) {
      this.graded = false;
      says.push(document.getElementById("verdict")?.dataset.say ?? "");
    }
    const text = says.filter(Boolean).join(". ");
    if (text && event.target.id === "tasks") document.dispatchEvent(new CustomEvent("announce", { detail: text }));
  }

  // After a reset: what was there before can be brought back. The message leaves by itself, and waits for who reads it.
  offerReturn() {
    const template = document.getElementById("toast-back");
    const toasts = document.getElementById("toasts");
    if (!template || !toasts) return;
    toasts.append(template.content.cloneNode(true));
    const toast = toasts.lastElementChild;
    let left = Number(toast.dataset.leaves);
    const clock = setInterval(() => {
      if (document.hidden || toast.matches(":hover, :focus-within")) return;
      if (!toast.isConnected || --left <= 0) clearInterval(clock), toast.remove();
    }, 1000);
    template.remove();
  }

  warn(minutes) {
    const template = document.getElementById("toast-time");
    const toasts = document.getElementById("toasts");
    if (!template || !toasts) return;
    toasts.querySelector(".time")?.remove();
    const toast = template.content.cloneNode(true);
    for (const place of toast.querySelectorAll("[data-minutes]")) place.textContent = minutes === 1 ? "1 minute" : `${minutes} minutes`;
    const text = toast.querySelector("p").textContent;
    toasts.append(toast);
    htmx.process(toasts.lastElementChild);
    document.dispatchEvent(new CustomEvent("announce", { detail: text }));
  }
}

customElements.define("live-session", LiveSession);

// A warning about the time is over once there is more of it.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) event.detail.elt.closest(".toast.time")?.remove();
});

// Below 1100 px one pane is shown at a time; the choice is a pair of buttons in the page.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pane]");
  if (!button) return;
  const workspace = document.getElementById("workspace");
  workspace.dataset.showing = button.dataset.pane;
  for (const other of document.querySelectorAll("button[data-pane]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
});

// The filter over a list: rows whose text does not hold the words are hidden, and so are groups without rows.
function filterRows(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const list = document.getElementById(input.dataset.filter);
  if (!list) return;
  let group = null;
  let shown = 0;
  for (const row of list.children) {
    if (row.hasAttribute("data-group")) {
      group = row;
      group.hidden = words.length > 0;
      continue;
    }
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) {
      shown += 1;
      if (group) group.hidden = false;
    }
  }
  const nothing = document.getElementById(`${input.dataset.filter}-none`);
  if (nothing) nothing.hidden = shown > 0 || words.length === 0;
}

document.addEventListener("input", (event) => event.target.dataset.filter && filterRows(event.target));
document.addEventListener("keyed", (event) => {
  const input = document.querySelector(`[data-filter="${event.target.id}"]`);
  if (input?.value) filterRows(input);
});

// A comparison that did not come says so where one looks for it, with a way to ask again.
for (const trouble of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, (event) => {
    const place = event.target.closest?.(".changes");
    const again = document.getElementById("compare-again");
    if (!place || !again) return;
    const words = again.content.cloneNode(true);
    const button = words.querySelector("button");
    button.setAttribute("hx-get", place.getAttribute("hx-get"));
    button.setAttribute("hx-target", `#${place.id}`);
    place.replaceChildren(words);
    htmx.process(place);
  });
}
