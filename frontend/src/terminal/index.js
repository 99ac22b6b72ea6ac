// <lab-terminal>: the shell of a lab's page, with two faces: a terminal (xterm.js) and a command box. What it needs to
// know is in its <script type="application/json">, its words are in the template. The engine comes after the prompt.

import "@xterm/xterm/css/xterm.css";

import { Dialogs } from "./dialogs.js";
import { preference } from "./keep.js";
import { Shell } from "./shell.js";

const SLOW = 250; // milliseconds after which a command that runs is shown as running

/**
 * Let what libraries make stand under the page's policy, which has no 'unsafe-inline': style elements carry its nonce, and
 * xterm, which writes style attributes where a colour lacks contrast, sets them as a script may.
 */
function signStyles(nonce) {
  const set = Element.prototype.setAttribute;
  HTMLSpanElement.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else set.call(this, name, value);
  };
  const create = Document.prototype.createElement;
  Document.prototype.createElement = function (name, options) {
    const element = create.call(this, name, options);
    if (nonce && String(name).toLowerCase() === "style") element.setAttribute("nonce", nonce);
    return element;
  };
}

class LabTerminal extends HTMLElement {
  connectedCallback() {
    if (this.shell) return;
    this.config = JSON.parse(this.querySelector("script[type='application/json']").textContent);
    signStyles(this.config.nonce);
    this.piece = (name) => this.querySelector(`[data-part="${name}"]`);
    this.shell = new Shell(this.config);
    this.faces = {};
    this.wire();
    this.started = this.begin();
  }

  async begin() {
    await this.shell.start().catch((error) => console.warn("terminal:", error));
    await this.face(preference.get("terminal-face") ?? (this.config.face || "terminal"), { quiet: true });
    this.dataset.ready = "";
    performance.mark("first prompt");
    // What the engine needs is fetched once the prompt stands and is seen, behind whatever tab or pane it was; a key that
    // comes earlier is kept.
    new IntersectionObserver((changes) => changes.some((one) => one.isIntersecting) && this.seen()).observe(this);
  }

  seen() {
    this.fetchEngine();
    this.faces[this.shown]?.fit?.();
  }

  fetchEngine() {
    if (this.fetching) return;
    this.fetching = true;
    const later = globalThis.requestIdleCallback ?? ((call) => setTimeout(call, 50));
    later(() => this.shell.engine().catch((error) => this.engineFailed(error)), { timeout: 500 });
  }

  engineFailed(error) {
    console.warn("engine:", error);
    this.fetching = false;
    this.shell.dispatchEvent(new CustomEvent("stage", { detail: "" }));
    this.tell(this.dataset.failed, true);
  }

  get isShown() {
    return Boolean(this.offsetParent);
  }

  get other() {
    return this.shown === "box" ? "terminal" : "box";
  }

  // --- The two faces -----------------------------------------------------------------------------------------------

  /** Show a face; where xterm cannot run it is the command box. */
  async face(name, { quiet = false } = {}) {
    let face;
    try {
      face = this.faces[name] ??= await this.made(name);
    } catch (error) {
      console.warn("terminal:", error);
      if (name === "box") throw error;
      this.tell(this.dataset.noScreen, true);
      return this.face("box", { quiet });
    }
    this.shown = name;
    this.shell.view = face;
    this.dataset.face = name;
    this.piece("screen-face").hidden = name !== "terminal";
    this.piece("box-face").hidden = name !== "box";
    for (const button of this.querySelectorAll("[data-act=face]")) button.setAttribute("aria-pressed", String(button.value === name));
    face.fit?.();
    face.show(name === "terminal" && !this.greeted ? this.greeting() : "");
    if (name === "terminal") this.greeted = true;
    if (!quiet) {
      preference.set("terminal-face", name);
      face.focus();
    }
    return face;
  }

  async made(name) {
    const common = { shell: this.shell, dialogs: new Dialogs(), announce: (text) => this.announce(text) };
    if (name === "box") {
      const { Box } = await import("./box.js");
      return new Box({ ...common, place: this.piece("box-face") });
    }
    const { Screen } = await import("./screen.js");
    return new Screen({ ...common, place: this.piece("screen"), size: Number(preference.get("terminal-size")) });
  }

  greeting() {
    return `\x1b[90m${this.dataset.greeting}\x1b[0m\n\n`;
  }

  // --- What happens around it --------------------------------------------------------------------------------------

  wire() {
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this.act(button.dataset.act, button);
    });
    this.addEventListener("pointerdown", (event) => event.target.closest("[data-part=keys] button") && event.preventDefault()); // the keyboard of a phone stays
    this.addEventListener("find", () => this.openFind());
    this.addEventListener("leaving", () => this.announce(this.dataset.leaving));
    this.addEventListener("focusin", (event) => event.target.closest("[data-part=screen]") && (this.dataset.focused = ""));
    this.addEventListener("focusout", () => delete this.dataset.focused);
    document.addEventListener("skylab:run", (event) => this.offered(event));
    document.addEventListener("skylab:terminal", () => this.reveal().then(() => this.faces[this.shown].focus()));
    const { shell } = this;
    shell.addEventListener("busy", () => {
      this.dataset.busy = "";
      this.waiting = setTimeout(() => this.showBusy(), SLOW);
      this.ticking = setInterval(() => this.showBusy(), 1000);
    });
    shell.addEventListener("idle", () => {
      clearTimeout(this.waiting);
      clearInterval(this.ticking);
      this.piece("busy").hidden = true;
      delete this.dataset.busy;
    });
    shell.addEventListener("stage", (event) => this.showStage(event.detail));
    shell.home.addEventListener("state", (event) => this.showSaved(event.detail));
    shell.home.addEventListener("tell", (event) => this.tell(event.detail));
    this.wireFind();
  }

  act(what, button) {
    const face = this.faces[this.shown];
    if (what === "face") this.face(button.value);
    else if (what === "stop") this.shell.interrupt();
    else if (what === "upload") this.run("upload");
    else if (what === "dismiss") this.piece("notice").hidden = true;
    else if (what === "size") this.resize(Number(button.value));
    else if (what === "find") this.openFind();
    else if (what === "key" && face?.data) {
      face.data(button.value.replace(/\\x([0-9a-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16))));
      face.focus();
    }
  }

  async resize(by) {
    if (this.shown !== "terminal") return;
    const size = this.faces.terminal.font(by);
    preference.set("terminal-size", String(size));
    this.announce(`${size} pixels`);
  }

  showBusy() {
    const { running } = this.shell;
    if (!running) return;
    const seconds = Math.floor((performance.now() - running.since) / 1000);
    this.piece("busy").hidden = false;
    this.piece("busy-line").textContent = running.line.trim().split("\n")[0].slice(0, 80);
    this.piece("busy-time").textContent = seconds >= 1 ? `${seconds} s` : "";
  }

  showStage(stage) {
    if (this.shell.loaded) this.dataset.engine = "";
    const words = typeof stage === "string" ? { stage } : (stage ?? {});
    const place = this.piece("stage");
    const known = place.querySelector(`[data-stage="${words.stage}"]`);
    for (const one of place.children) one.hidden = one !== known;
    place.hidden = !known;
  }

  showSaved({ state, sentence }) {
    this.dataset.home = state;
    for (const one of this.piece("saved").children) one.hidden = one.dataset.state !== state;
    if (sentence) this.tell(sentence);
  }

  /** Say something above the terminal; it stays until it is closed. */
  tell(sentence, urgent = false) {
    const notice = this.piece("notice");
    notice.querySelector("p").textContent = sentence;
    notice.dataset.tone = urgent ? "warning" : "";
    notice.hidden = false;
    this.announce(sentence);
  }

  announce(text) {
    document.dispatchEvent(new CustomEvent("announce", { detail: text }));
  }

  // --- What other parts of the page ask for ------------------------------------------------------------------------

  async offered(event) {
    const { command, insert = false } = event.detail ?? {};
    if (!command) return;
    event.preventDefault();
    await this.run(command, insert);
  }

  async run(command, insert = false) {
    await this.reveal();
    await this.faces[this.shown].offer(command, insert);
  }

  /** Bring the terminal in front, wherever the page has it. */
  async reveal() {
    const panel = this.closest("[role=tabpanel]");
    if (panel?.hidden) document.querySelector(`[aria-controls="${panel.id}"]`)?.click();
    if (!this.isShown) document.querySelector("button[data-pane=bench]")?.click();
    await this.started;
    this.faces[this.shown].fit?.();
  }

  // --- Find --------------------------------------------------------------------------------------------------------

  wireFind() {
    const bar = this.piece("find");
    const input = bar.querySelector("input");
    const look = (forwards) => {
      const found = input.value && this.finder?.[forwards ? "findNext" : "findPrevious"](input.value, { incremental: false });
      bar.querySelector("[data-part=found]").textContent = input.value && !found ? bar.dataset.none : "";
    };
    input.addEventListener("input", () => look(false));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") look(event.shiftKey);
      else if (event.key === "Escape") this.closeFind();
      else return;
      event.preventDefault();
    });
    bar.querySelector("[data-find=before]").addEventListener("click", () => look(false));
    bar.querySelector("[data-find=after]").addEventListener("click", () => look(true));
    bar.querySelector("[data-find=close]").addEventListener("click", () => this.closeFind());
  }

  async openFind() {
    if (this.shown !== "terminal") return;
    if (!this.finder) {
      const { SearchAddon } = await import("@xterm/addon-search");
      this.finder = new SearchAddon();
      this.faces.terminal.term.loadAddon(this.finder);
    }
    this.piece("find").hidden = false;
    this.piece("find").querySelector("input").select();
  }

  closeFind() {
    this.piece("find").hidden = true;
    this.finder?.clearDecorations();
    this.faces.terminal.focus();
  }
}

customElements.define("lab-terminal", LabTerminal);
