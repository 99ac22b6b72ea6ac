// The command box: the same shell behind an input and a log, for screen readers, phones, and wherever xterm fails.
// Everything in it is the browser's own: selection, zoom, find in page.

import { Browsing, commonStart } from "./line.js";
import { plain } from "./say.js";

const MOST = 200; // entries that stay in the log

export class Box {
  constructor({ shell, place, dialogs, announce }) {
    Object.assign(this, { shell, place, dialogs, announce });
    this.log = place.querySelector("[role=log]");
    this.form = place.querySelector("form");
    this.input = place.querySelector("input");
    this.label = place.querySelector(".box-prompt");
    this.more = place.querySelector(".box-more");
    this.list = place.querySelector(".box-candidates");
    this.browsing = new Browsing(shell.past.lines);
    this.pending = ""; // lines of a command that is not finished
    this.seen = 0;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.answer) this.answer(this.input.value);
      else this.enter(this.input.value);
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("input", () => this.list.replaceChildren());
    this.input.addEventListener("paste", (event) => this.pasted(event));
    this.prompt();
  }

  get columns() {
    return Math.max(32, Math.min(100, Math.floor(this.place.clientWidth / 8)));
  }

  focus() {
    this.input.focus();
  }

  clear() {
    this.log.replaceChildren();
    this.seen = 0;
  }

  show() {
    for (const entry of this.shell.entries.slice(this.seen)) this.add(entry);
    this.seen = this.shell.entries.length;
    this.prompt();
  }

  prompt() {
    this.label.textContent = this.answer ? "Answer" : this.pending ? "More" : `${this.shell.prompt.here} $`;
    this.more.hidden = !this.pending;
    this.more.querySelector("pre").textContent = this.pending;
  }

  add({ line, stdout, stderr, exitCode }) {
    const entry = document.createElement("section");
    entry.className = exitCode ? "entry failed" : "entry";
    const head = document.createElement("p");
    head.className = "entry-line";
    const command = document.createElement("code");
    command.textContent = line;
    head.append(command);
    entry.append(head);
    const text = plain(stdout + (stdout && stderr && !stdout.endsWith("\n") ? "\n" : "") + stderr).replace(/\n+$/, "");
    if (text) {
      const output = document.createElement("pre");
      output.textContent = text;
      output.tabIndex = 0;
      output.setAttribute("role", "region");
      output.setAttribute("aria-label", `Output of ${line.split("\n")[0].slice(0, 60)}`);
      entry.append(output);
    }
    const end = document.createElement("p");
    end.className = "entry-end";
    end.textContent = exitCode ? `Exit code ${exitCode}` : text ? "Exit code 0" : "Done, no output. Exit code 0";
    entry.append(end);
    this.log.append(entry);
    while (this.log.childElementCount > MOST) this.log.firstElementChild.remove();
    entry.scrollIntoView({ block: "nearest" });
  }

  async enter(text) {
    if (this.busy) return;
    const line = this.pending + text;
    this.list.replaceChildren();
    this.browsing.reset();
    this.input.value = "";
    this.input.readOnly = this.busy = true;
    const result = await this.shell.run(line);
    this.input.readOnly = this.busy = false;
    if (result.incomplete) {
      this.pending = `${line}\n`;
      this.announce("The command goes on: type the next line. Escape drops it.");
    } else {
      this.pending = "";
      if (line.trim() && this.shell.entries.length) this.add({ line, stdout: "", stderr: "", ...result });
      this.seen = this.shell.entries.length;
    }
    this.prompt();
  }

  async offer(command, insert) {
    if (this.busy) return this.announce("A command is still running. Stop it, or wait.");
    const text = command.replace(/\n+$/, "");
    if (insert) {
      const lines = text.split("\n");
      this.pending = lines.slice(0, -1).map((line) => `${line}\n`).join("");
      this.input.value = lines.at(-1);
      this.prompt();
      this.focus();
    } else {
      this.pending = "";
      await this.enter(text);
    }
  }

  ask(question, signal) {
    this.announce(question);
    const before = this.more.querySelector("pre");
    this.more.hidden = false;
    before.textContent = question;
    this.input.readOnly = false;
    this.input.value = "";
    return new Promise((resolve) => {
      this.answer = (text) => {
        this.answer = null;
        this.input.value = "";
        this.input.readOnly = true;
        this.prompt();
        resolve(text);
      };
      signal?.addEventListener("abort", () => this.answer?.(null), { once: true });
      this.label.textContent = "Answer";
      this.focus();
    });
  }

  key(event) {
    const { key, ctrlKey, altKey, metaKey } = event;
    if (ctrlKey && key.toLowerCase() === "c" && this.busy) {
      event.preventDefault();
      return this.shell.interrupt();
    }
    if (ctrlKey && key.toLowerCase() === "l") {
      event.preventDefault();
      return this.clear();
    }
    if (ctrlKey && (key === " " || event.code === "Space")) {
      event.preventDefault();
      return void this.complete();
    }
    if (key === "Escape" && this.pending && !this.busy) {
      this.pending = "";
      this.input.value = "";
      this.announce("The unfinished command was dropped.");
      return this.prompt();
    }
    if ((key === "ArrowUp" || key === "ArrowDown") && !altKey && !metaKey && !this.answer) {
      const found = this.browsing.move(key === "ArrowUp" ? -1 : 1, this.input.value);
      event.preventDefault();
      if (found === null) return;
      const lines = found.split("\n");
      this.pending = lines.slice(0, -1).map((line) => `${line}\n`).join("");
      this.input.value = lines.at(-1);
      this.prompt();
    }
  }

  /** Ctrl+Space: Tab goes on to the next thing here, as on any page. */
  async complete() {
    const at = this.input.selectionStart;
    const text = this.pending + this.input.value;
    const cursor = this.pending.length + at;
    let found;
    try {
      found = await this.shell.complete(text, cursor);
    } catch {
      return;
    }
    if (this.pending + this.input.value !== text) return;
    const { start, end, candidates } = found;
    const from = Math.max(0, start - this.pending.length);
    const put = (fill) => {
      this.input.setRangeText(fill, from, Math.max(from, end - this.pending.length), "end");
      this.list.replaceChildren();
      this.focus();
    };
    if (!candidates.length) return this.announce("Nothing completes this.");
    if (candidates.length === 1) {
      const fill = candidates[0].text + (/[/= ]$/.test(candidates[0].text) ? "" : " ");
      this.announce(`Completed: ${fill}`);
      return put(fill);
    }
    const start_ = commonStart(candidates.map((one) => one.text.trimEnd()));
    if (start_.length > end - start) put(start_);
    this.announce(`${candidates.length} possibilities`);
    this.list.replaceChildren(
      ...candidates.slice(0, 60).map((one) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = one.text.trimEnd();
        button.title = one.about ?? "";
        button.addEventListener("click", () => put(`${one.text.trimEnd()}${/[/=]$/.test(one.text) ? "" : " "}`));
        return button;
      }),
    );
  }

  async pasted(event) {
    const raw = event.clipboardData?.getData("text/plain") ?? "";
    if (!raw.trimEnd().includes("\n")) return;
    event.preventDefault();
    const { tidied } = await import("./line.js");
    const { text, dropped } = tidied(raw);
    const taken = await this.dialogs.paste(text.replace(/\n+$/, ""), dropped);
    this.focus();
    if (taken !== null) this.offer(this.pending + this.input.value + taken, true);
  }
}
