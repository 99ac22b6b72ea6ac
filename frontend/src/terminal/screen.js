// The terminal's face: xterm.js with a line editor of our own, as the shell behind it has no terminal to talk to.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";

import { Browsing, commonStart, Line, tidied } from "./line.js";
import { onTheme, themeOf, wantsContrast } from "./palette.js";
import { candidatesText } from "./say.js";
import { placeAfter } from "./widths.js";

const PS2 = "> ";
const SIZES = { least: 10, most: 26, usual: 13 };
// What xterm sends for keys, and what they do here. The names are methods below.
const KEYS = {
  "\r": "enter", "\x7f": "backspace", "\b": "backspace", "\t": "tab", "\x1b": "escape",
  "\x1b[A": "up", "\x1bOA": "up", "\x10": "up", "\x1b[B": "down", "\x1bOB": "down", "\x0e": "down",
  "\x1b[C": "right", "\x1bOC": "right", "\x06": "right", "\x1b[D": "left", "\x1bOD": "left", "\x02": "left",
  "\x1b[H": "home", "\x1bOH": "home", "\x1b[1~": "home", "\x01": "home", "\x1b[F": "end", "\x1bOF": "end", "\x1b[4~": "end", "\x05": "end",
  "\x1b[3~": "delete", "\x15": "killStart", "\x0b": "killEnd", "\x17": "killSpace", "\x1b\x7f": "killWord", "\x1b\b": "killWord", "\x1bd": "killAhead",
  "\x1bb": "wordLeft", "\x1b[1;5D": "wordLeft", "\x1b[1;3D": "wordLeft", "\x1bf": "wordRight", "\x1b[1;5C": "wordRight", "\x1b[1;3C": "wordRight",
  "\x19": "yank", "\x14": "swap", "\x03": "interrupt", "\x04": "eof", "\x0c": "clearScreen", "\x12": "search", "\x07": "abort", "\x1b.": "lastWord", "\x1b_": "lastWord",
}; // prettier-ignore

export class Screen {
  constructor({ shell, place, dialogs, size, announce }) {
    Object.assign(this, { shell, place, dialogs, announce });
    this.line = new Line();
    this.browsing = new Browsing(shell.past.lines);
    this.drawn = { text: "", at: 0, prompt: "" }; // what stands on the screen
    this.mode = "waiting"; // "editing", "busy", "asking", "searching"
    this.ahead = []; // what is typed while a command runs
    this.seen = 0; // entries of the shell that stand here
    this.sticky = {};
    this.term = new Terminal({
      convertEol: true,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      cursorStyle: "bar",
      cursorWidth: 2,
      drawBoldTextInBrightColors: false,
      fontFamily: getComputedStyle(place).fontFamily,
      fontSize: size || SIZES.usual,
      lineHeight: 1.35,
      macOptionIsMeta: true,
      minimumContrastRatio: wantsContrast() ? 7 : 4.5,
      overviewRuler: { width: 10 },
      screenReaderMode: true,
      scrollback: 5000,
      theme: themeOf(place),
    });
    this.fitting = new FitAddon();
    this.term.loadAddon(this.fitting);
    this.term.open(place);
    this.term.textarea.setAttribute("aria-label", place.dataset.label);
    this.term.textarea.setAttribute("aria-describedby", place.getAttribute("aria-describedby") ?? "");
    this.term.attachCustomKeyEventHandler((event) => this.takes(event));
    this.term.onData((data) => this.data(data));
    this.term.onSelectionChange(() => this.term.hasSelection() && place.dispatchEvent(new CustomEvent("selected")));
    place.addEventListener("paste", (event) => this.pasted(event), { capture: true });
    place.addEventListener("focusout", () => (this.leaving = false));
    new ResizeObserver(() => this.fit()).observe(place);
    onTheme(() => {
      this.term.options.theme = themeOf(place);
      this.term.options.minimumContrastRatio = wantsContrast() ? 7 : 4.5;
    });
    this.fit();
    this.addLater();
  }

  /** What nobody needs for a first prompt. */
  async addLater() {
    const { WebLinksAddon } = await import("@xterm/addon-web-links");
    this.term.loadAddon(
      new WebLinksAddon((event, uri) => {
        if (event.ctrlKey || event.metaKey) window.open(uri, "_blank", "noopener,noreferrer");
      }),
    );
  }

  get columns() {
    return this.term.cols;
  }

  fit() {
    if (!this.place.offsetParent || !this.place.clientHeight) return;
    const want = this.fitting.proposeDimensions();
    if (!want?.cols || (want.cols === this.term.cols && want.rows === this.term.rows)) return;
    const editing = this.mode === "editing" || this.mode === "searching";
    // The rows of what is typed are about to be broken otherwise: draw it anew.
    if (editing && want.cols !== this.term.cols) this.wipe();
    this.term.resize(Math.max(20, want.cols), Math.max(4, want.rows));
    if (editing) this.draw();
  }

  font(by) {
    const size = by === 0 ? SIZES.usual : Math.min(SIZES.most, Math.max(SIZES.least, this.term.options.fontSize + by));
    this.term.options.fontSize = size;
    this.fit();
    return size;
  }

  focus() {
    this.term.focus();
  }

  // --- Showing -----------------------------------------------------------------------------------------------------

  /** Greet once, show what was run at the other face, and wait for a line. */
  show(greeting) {
    if (greeting) this.term.write(greeting);
    for (const entry of this.shell.entries.slice(this.seen)) this.term.write(`${this.promptText()}${entry.line}\n${entry.stdout}${entry.stderr}`);
    this.seen = this.shell.entries.length;
    if (this.mode === "waiting") this.next();
    else if (this.mode === "editing") this.refresh();
  }

  clear() {
    this.seen = 0;
    this.term.clear();
    this.term.write("\x1b[H\x1b[2J\x1b[3J");
    this.drawn = { text: "", at: 0, prompt: "" };
  }

  promptText() {
    const { here, exitCode } = this.shell.prompt;
    return `${exitCode ? `\x1b[31m${exitCode}\x1b[0m ` : ""}\x1b[34;1m${here}\x1b[0m ${exitCode ? "\x1b[31m" : "\x1b[32m"}$\x1b[0m `;
  }

  plainPrompt(prompt) {
    // biome-ignore lint: the escape is what this is about
    return prompt.replace(/\x1b\[[0-9;]*m/g, "");
  }

  /** Begin a new line. */
  next() {
    this.mode = "editing";
    this.line.set("");
    this.browsing.reset();
    this.drawn = { text: "", at: 0, prompt: "" };
    this.draw();
    const queued = this.ahead.splice(0);
    for (const data of queued) this.data(data);
  }

  /** Bring the screen from what stands there to what is typed, with as few letters as possible: each is read out. */
  draw(prompt = this.mode === "searching" ? this.searchPrompt() : this.mode === "asking" ? this.question : this.promptText()) {
    const { text, at } = this.line;
    const columns = this.term.cols;
    const start = placeAfter(this.plainPrompt(prompt), columns);
    let out = "";
    let same = 0;
    if (this.drawn.prompt === prompt) {
      while (same < text.length && same < this.drawn.text.length && text[same] === this.drawn.text[same]) same += 1;
      if (/[\ud800-\udbff]/.test(text[same - 1] ?? "")) same -= 1;
      const now = placeAfter(this.drawn.text.slice(0, this.drawn.at), columns, start, PS2.length);
      if (text === this.drawn.text) {
        out += move(now, placeAfter(text.slice(0, at), columns, start, PS2.length));
        this.drawn.at = at;
        return this.term.write(out);
      }
      out += move(now, placeAfter(text.slice(0, same), columns, start, PS2.length));
      if (this.drawn.text.length > same) out += "\x1b[J";
    } else {
      const before = placeAfter(this.plainPrompt(this.drawn.prompt), columns);
      const now = placeAfter(this.drawn.text.slice(0, this.drawn.at), columns, before, PS2.length);
      out += `${move(now, { row: 0, column: 0 })}\x1b[J${prompt}`;
    }
    const end = placeAfter(text, columns, start, PS2.length);
    out += text.slice(same).replaceAll("\n", `\r\n\x1b[90m${PS2}\x1b[0m`);
    // A row that is just full keeps the cursor: bring it where the next letter will stand.
    if (end.column === 0 && end.row > 0 && text.length > same) out += " \r";
    out += move(end, placeAfter(text.slice(0, at), columns, start, PS2.length));
    this.drawn = { text, at, prompt };
    this.term.write(out);
  }

  /** Take what is typed off the screen; the next draw() begins there. */
  wipe() {
    const columns = this.term.cols;
    const start = placeAfter(this.plainPrompt(this.drawn.prompt), columns);
    const now = placeAfter(this.drawn.text.slice(0, this.drawn.at), columns, start, PS2.length);
    this.term.write(`${move(now, { row: 0, column: 0 })}\x1b[J`);
    this.drawn = { text: "", at: 0, prompt: "" };
  }

  refresh() {
    this.wipe();
    this.draw();
  }

  /** Leave what is typed as it stands, and go on below. */
  below() {
    this.line.at = this.line.text.length;
    this.draw();
    this.term.write("\r\n");
    this.drawn = { text: "", at: 0, prompt: "" };
  }

  // --- Running -----------------------------------------------------------------------------------------------------

  /** Put a command where one types, and run it unless it is only to be inserted. */
  async offer(command, insert) {
    if (this.mode === "busy" || this.mode === "asking") {
      this.announce("A command is still running. Stop it with Ctrl+C, or wait.");
      return;
    }
    this.mode = "editing";
    const typed = insert ? this.line.text.slice(0, this.line.at) : "";
    this.line.set(typed + command.replace(/\n+$/, ""));
    this.draw();
    this.focus();
    if (!insert) await this.enter();
  }

  async enter() {
    const text = this.line.text;
    if (this.mode === "asking") return this.answer(text);
    this.below();
    this.mode = "busy";
    const result = await this.shell.run(text);
    if (result.incomplete) {
      // The rows that stand there are what the text with one more line end looks like.
      this.mode = "editing";
      this.drawn = { text, at: text.length, prompt: this.promptText() };
      this.term.write(`\x1b[90m${PS2}\x1b[0m`);
      this.line.set(`${text}\n`);
      this.drawn = { text: `${text}\n`, at: text.length + 1, prompt: this.promptText() };
      for (const data of this.ahead.splice(0)) this.data(data);
      return;
    }
    this.print(result);
    this.seen = this.shell.entries.length;
    this.next();
  }

  print({ stdout, stderr }) {
    const both = stdout + (stdout && stderr && !stdout.endsWith("\n") ? "\n" : "") + stderr;
    if (both) this.term.write(both.endsWith("\n") ? both : `${both}\x1b[7m⏎\x1b[0m\n`);
  }

  /** Ask for a line in the middle of a command; null where it is stopped. */
  ask(question, signal) {
    this.term.scrollToBottom();
    return new Promise((resolve) => {
      this.question = question;
      this.mode = "asking";
      this.line.set("");
      this.drawn = { text: "", at: 0, prompt: "" };
      this.draw();
      this.answer = (text) => {
        this.below();
        this.mode = "busy";
        this.answer = null;
        resolve(text);
      };
      signal?.addEventListener("abort", () => this.answer?.(null), { once: true });
    });
  }

  // --- Keys --------------------------------------------------------------------------------------------------------

  /** Say whether a key is the terminal's. What is not goes on to the page: it must not be a trap. */
  takes(event) {
    const { key, ctrlKey, shiftKey, altKey, metaKey, type } = event;
    if (type !== "keydown") return true;
    if (key === "Tab" && (shiftKey || this.leaving)) return false;
    if (key === "Escape" && this.mode !== "searching") {
      this.leaving = true;
      this.place.dispatchEvent(new CustomEvent("leaving", { bubbles: true }));
      return false;
    }
    if (!["Shift", "Control", "Alt", "Meta"].includes(key)) this.leaving = false;
    if ((ctrlKey || metaKey) && key === "Enter") return false; // the page's: Check my work
    if (ctrlKey && key === "Backspace") return this.put(event, "\x17");
    if ((ctrlKey || metaKey) && key.toLowerCase() === "c" && (metaKey || shiftKey || this.term.hasSelection())) return this.copy(event);
    if ((ctrlKey || metaKey) && key.toLowerCase() === "v") return false; // the browser pastes, and pasted() takes it
    if (ctrlKey && shiftKey && key.toLowerCase() === "f") return this.find(event);
    if (metaKey && !altKey) return false;
    // Ctrl+P would print, Ctrl+F search the page (xterm lets them through for screen readers).
    if (ctrlKey && !altKey && /^[a-z]$/i.test(key) && "pfnbwtkularedy".includes(key.toLowerCase())) event.preventDefault();
    if (shiftKey && ["PageUp", "PageDown", "Home", "End"].includes(key) && key.startsWith("Page")) {
      this.term.scrollPages(key === "PageUp" ? -1 : 1);
      return false;
    }
    return true;
  }

  put(event, data) {
    event.preventDefault();
    this.data(data);
    return false;
  }

  copy(event) {
    event.preventDefault();
    const text = this.term.getSelection();
    if (text) navigator.clipboard?.writeText(text).then(() => this.announce("Copied to the clipboard"), () => document.execCommand("copy"));
    this.term.clearSelection();
    return false;
  }

  find(event) {
    event?.preventDefault();
    this.place.dispatchEvent(new CustomEvent("find", { bubbles: true }));
    return false;
  }

  data(data) {
    if (this.mode === "busy") {
      if (data === "\x03") this.shell.interrupt();
      else if (this.ahead.length < 4096) this.ahead.push(data);
      return;
    }
    if (this.mode === "waiting") return void this.ahead.push(data);
    const name = KEYS[data];
    // Two Tabs in a row list what could come next.
    if (name !== "tab") this.sticky.tab = false;
    if (name !== "lastWord") this.sticky.last = 0;
    if (this.mode === "searching") return this.searchKey(name, data);
    if (name) return void this[name]();
    if (data.startsWith("\x1b")) return; // a key that means nothing here
    const { text } = tidied(data);
    if (text.includes("\n")) return void this.paste(data);
    this.line.insert(text);
    this.draw();
  }

  edit(change) {
    change(this.line);
    this.draw();
  }

  backspace() {
    this.edit((line) => line.backspace());
  }
  delete() {
    this.edit((line) => line.delete());
  }
  left() {
    this.edit((line) => (line.at = line.before()));
  }
  right() {
    this.edit((line) => (line.at = line.after()));
  }
  home() {
    this.edit((line) => (line.at = line.lineStart));
  }
  end() {
    this.edit((line) => (line.at = line.lineEnd));
  }
  wordLeft() {
    this.edit((line) => (line.at = line.wordBefore()));
  }
  wordRight() {
    this.edit((line) => (line.at = line.wordAfter()));
  }
  killStart() {
    this.edit((line) => line.kill(line.lineStart, line.at));
  }
  killEnd() {
    this.edit((line) => line.kill(line.at, line.lineEnd));
  }
  killSpace() {
    this.edit((line) => line.kill(line.spaceBefore(), line.at));
  }
  killWord() {
    this.edit((line) => line.kill(line.wordBefore(), line.at));
  }
  killAhead() {
    const at = this.line.at;
    this.edit((line) => {
      line.kill(at, line.wordAfter());
      line.at = at;
    });
  }
  yank() {
    this.edit((line) => line.insert(line.cut));
  }
  swap() {
    this.edit((line) => line.swap());
  }
  escape() {}
  abort() {}

  up() {
    this.vertical(-1);
  }
  down() {
    this.vertical(1);
  }

  vertical(by) {
    if (this.line.vertical(by)) return this.draw();
    if (this.mode === "asking") return;
    const found = this.browsing.move(by, this.line.text);
    if (found === null) return;
    this.line.set(found);
    this.draw();
  }

  /** Alt+. puts in the last word of the line before, and of those before it when pressed again. */
  lastWord() {
    const before = this.sticky.last ?? 0;
    const words = this.shell.past.lines.at(-1 - before)?.trim().split(/\s+/);
    if (!words) return;
    if (before) this.line.splice(this.sticky.from, this.line.at, "");
    this.sticky = { ...this.sticky, last: before + 1, from: this.line.at };
    this.line.insert(words.at(-1));
    this.draw();
  }

  interrupt() {
    if (this.mode === "asking") return this.shell.interrupt();
    this.line.at = this.line.text.length;
    this.draw();
    this.term.write("^C\r\n");
    this.shell.exitCode = 130;
    this.next();
  }

  eof() {
    if (this.line.text) return this.delete();
    this.term.write(`\r\n\x1b[90m${this.place.dataset.stays}\x1b[0m\r\n`);
    this.next();
  }

  clearScreen() {
    this.term.write("\x1b[H\x1b[2J");
    this.drawn = { text: "", at: 0, prompt: "" };
    this.draw();
  }

  // --- Completion --------------------------------------------------------------------------------------------------

  async tab() {
    if (this.mode === "asking") return;
    const { text, at } = this.line;
    const again = this.sticky.tab;
    if (!text.trim()) return this.announce("Type the first letters of a command, then Tab. Esc and Tab leave the terminal.");
    let found;
    try {
      this.completing = true;
      found = await this.shell.complete(text, at);
    } catch {
      return;
    } finally {
      this.completing = false;
    }
    if (this.line.text !== text || this.line.at !== at || this.mode !== "editing") return; // typed on meanwhile
    const { start, end, candidates } = found;
    if (!candidates.length) return this.announce("Nothing completes this.");
    const one = candidates.length === 1;
    const fill = one ? candidates[0].text + (/[/= ]$/.test(candidates[0].text) ? "" : " ") : commonStart(candidates.map((each) => each.text.trimEnd()));
    if (fill.length > end - start || (one && fill !== text.slice(start, end))) {
      this.line.splice(start, end, fill);
      this.draw();
      if (one) return;
      this.sticky.tab = true;
      return;
    }
    if (!again && candidates.length > 24) {
      this.sticky.tab = true;
      return this.announce(`${candidates.length} possibilities. Press Tab again to list them.`);
    }
    const kept = this.line.at;
    this.below();
    this.term.write(`${candidatesText(candidates, this.term.cols)}\n`);
    this.line.at = kept;
    this.draw();
  }

  // --- Searching what was run --------------------------------------------------------------------------------------

  search() {
    if (this.mode === "asking") return;
    this.searching = { words: "", at: this.shell.past.lines.length, before: this.line.text };
    this.mode = "searching";
    this.draw();
  }

  searchPrompt() {
    const { words, failed } = this.searching;
    return `\x1b[35m(${failed ? "not found" : "search"})\x1b[0m “${words}”: `;
  }

  searchKey(name, data) {
    const state = this.searching;
    const look = (from) => {
      const at = this.browsing.find(state.words, from);
      state.failed = state.words !== "" && at < 0;
      if (at >= 0) {
        state.at = at;
        this.line.set(this.shell.past.lines[at], this.shell.past.lines[at].indexOf(state.words));
      }
      this.draw();
    };
    if (name === "search") return look(state.at);
    if (name === "backspace") {
      state.words = state.words.slice(0, -1);
      return look(undefined);
    }
    if (name === "abort" || name === "interrupt" || name === "escape") this.line.set(state.before);
    else if (!name && !data.startsWith("\x1b")) {
      state.words += tidied(data).text.replaceAll("\n", "");
      return look(state.at + 1);
    }
    this.mode = "editing";
    this.draw();
    if (name === "enter") return void this.enter();
    if (name && !["abort", "interrupt", "escape"].includes(name)) this[name]();
  }

  // --- Pasting -----------------------------------------------------------------------------------------------------

  pasted(event) {
    const text = event.clipboardData?.getData("text/plain");
    if (text === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.paste(text);
  }

  /** Several lines are shown before they are taken: what was copied is not always what one saw. */
  async paste(raw) {
    const { text, dropped } = tidied(raw);
    if (this.mode === "busy" || this.mode === "waiting") return;
    const lines = text.replace(/\n+$/, "");
    if (!lines.includes("\n") && !dropped) {
      this.line.insert(lines.replaceAll("\t", "  "));
      return this.draw();
    }
    const taken = await this.dialogs.paste(lines, dropped);
    this.focus();
    if (taken === null) return;
    this.line.insert(taken.replaceAll("\t", "  "));
    this.draw();
  }
}

/** Return what brings the cursor from a place to another. */
function move(from, to) {
  const rows = to.row - from.row;
  const vertical = rows < 0 ? `\x1b[${-rows}A` : rows > 0 ? `\x1b[${rows}B` : "";
  if (rows === 0 && from.column === to.column) return "";
  return `${vertical}\r${to.column ? `\x1b[${to.column}C` : ""}`;
}
