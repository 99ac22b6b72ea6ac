// The commands that are about the lab and this page, not about AWS. They work before the engine is there, too; in a
// pipe or a script the engine calls them.

import * as say from "./say.js";
import { Refused } from "./server.js";

const CHECK_EVERY = [300, 500, 800, 1200];
const CHECK_FOR = 60_000;
const EDITORS = { nano: "nano", vim: "vim", vi: "vi", emacs: "emacs" };

const ok = (stdout = "") => ({ stdout, stderr: "", exitCode: 0 });
const wrong = (stderr, exitCode = 1) => ({ stdout: "", stderr: `${stderr}\n`, exitCode });
const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

export class Commands {
  constructor(shell) {
    this.shell = shell;
    const practice = !shell.config.exam;
    // name: [usage, about, whether it is listed]
    this.table = {
      check: ["check", "Have your work looked at, and see what each task still needs", practice],
      tasks: ["tasks", "List the tasks of this lab", true],
      hint: ["hint [TASK]", "Open the next hint of a task, by its number", practice],
      undo: ["undo", "Take back your last change in the sandbox", practice],
      reset: ["reset", "Begin again with a fresh sandbox; files here stay", practice],
      edit: ["edit FILE", "Edit a file (nano, vim and vi lead here, too)", true],
      open: ["open TAB", "Show another tab of the workbench", true],
      upload: ["upload", "Bring files from your computer here", true],
      download: ["download FILE", "Save a file on your computer", true],
      history: ["history [-c]", "What you ran in this lab; -c forgets it", true],
      clear: ["clear", "Clear the screen", true],
      help: ["help", "What this shell can do", true],
    };
  }

  get names() {
    return [...Object.keys(this.table), ...Object.keys(EDITORS)];
  }

  /** The same commands as the engine takes them. */
  forEngine() {
    const call = (name) => (argv, { cwd, signal } = {}) => this.run(name, argv, { cwd, signal });
    return Object.fromEntries(this.names.map((name) => [name, call(name)]));
  }

  /** Return {name, words} where a line is one of these commands and nothing else; null where the engine must see it. */
  parse(line) {
    const found = /^\s*([a-z]+)((?:\s+(?:[\w./~@:+=,%-]+|"[^"$`\\!]*"|'[^']*'))*)\s*$/.exec(line);
    if (!found || !this.names.includes(found[1])) return null;
    const words = found[2].match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
    return { name: found[1], words: words.map((word) => word.replace(/^(["'])(.*)\1$/, "$2")) };
  }

  /** Complete what is special to these commands; null where the engine knows better. */
  complete(before) {
    const found = /^\s*(hint|open)\s+([\w-]*)$/.exec(before);
    if (!found) return null;
    const start = before.length - found[2].length;
    const all =
      found[1] === "hint"
        ? this.shell.config.tasks.map((task, at) => ({ text: task.id, about: `${at + 1}. ${task.title}` }))
        : tabs().map((tab) => ({ text: tab.name, about: tab.title }));
    return { start, end: before.length, candidates: all.filter((one) => one.text.startsWith(found[2])) };
  }

  async run(name, words, context) {
    try {
      const method = EDITORS[name] ? "editor" : name;
      return (await this[method](words, { ...context, name, columns: this.shell.view?.columns ?? 80 })) ?? ok();
    } catch (error) {
      if (error instanceof Refused) return wrong(error.message);
      if (error.name === "AbortError") return wrong("^C", 130);
      throw error;
    }
  }

  // --- The lab -----------------------------------------------------------------------------------------------------

  async check(words, { signal, colours, columns }) {
    const { grading } = await this.shell.server.post("check", {}, { signal });
    refreshTasks(); // the guide says that it is being checked
    const until = performance.now() + CHECK_FOR;
    for (let turn = 0; performance.now() < until && !signal?.aborted; turn += 1) {
      await pause(CHECK_EVERY[Math.min(turn, CHECK_EVERY.length - 1)], signal);
      if (signal?.aborted) return wrong("^C", 130);
      const found = await this.shell.server.get("tasks", { grading }, { signal });
      if (found.checking) continue;
      if (found.broken) return wrong("Your work could not be checked. That is our fault, and costs you nothing: try again in a moment.");
      const done = found.tasks.every((task) => task.outcome === "passed");
      return { ...ok(this.painted(say.tasksText(found, { columns }), colours)), exitCode: done ? 0 : 1 };
    }
    return wrong("It takes longer than usual. The tasks beside change by themselves once the result is there.");
  }

  async tasks(words, { signal, colours, columns }) {
    const found = await this.shell.server.get("tasks", {}, { signal });
    return ok(this.painted(say.tasksText({ ...found, say: "" }, { columns, reasons: false }), colours));
  }

  async hint(words, { signal, colours }) {
    const found = await this.shell.server.post("hint", { task: words[0] ?? "" }, { signal });
    refreshTasks();
    const left = found.left === 0 ? "It is the last one." : found.left === 1 ? "There is 1 more." : `There are ${found.left} more.`;
    return ok(this.painted(`${say.bold(found.title)} ${say.dim(`Hint ${found.number}. ${left}`)}\n\n${asText(found.text)}\n`, colours));
  }

  async undo(words, { signal }) {
    return ok(`${(await this.shell.server.post("undo", {}, { signal })).said}\n`);
  }

  async reset(words, { signal }) {
    if (this.shell.config.exam) return wrong((await this.shell.server.post("reset", {}, { signal }).catch((error) => error)).message);
    if (!["-y", "--yes"].includes(words[0])) {
      const answer = await this.shell.view?.ask("All that you made in this account is thrown away; files here stay. Reset? (yes/no) ", signal);
      if (!/^\s*y(es)?\s*$/i.test(answer ?? "")) return wrong("Nothing was reset.");
    }
    const { said } = await this.shell.server.post("reset", {}, { signal });
    setTimeout(() => location.assign(this.shell.config.page), 400);
    return ok(`${said}\n`);
  }

  // --- Files -------------------------------------------------------------------------------------------------------

  async edit(words, { cwd, name, signal }) {
    if (words.length !== 1) return wrong(`Usage: ${name} FILE`, 2);
    const engine = await this.shell.engine();
    const path = this.shell.absolute(words[0], cwd ?? engine.cwd);
    const { edit } = await import("./editor.js");
    return edit({ path, shown: words[0], fs: engine.fs, nonce: this.shell.config.nonce, signal });
  }

  async editor(words, context) {
    const file = words.findLast((word) => !word.startsWith("-") && !word.startsWith("+"));
    if (!file) return wrong(`${context.name} FILE opens the editor of this page.`, 2);
    const made = await this.edit([file], context);
    return { ...made, stdout: `There is no ${context.name} in a browser: this was the page's own editor (edit FILE).\n${made.stdout}` };
  }

  async download(words, { cwd }) {
    if (words.length !== 1) return wrong("Usage: download FILE", 2);
    const engine = await this.shell.engine();
    const path = this.shell.absolute(words[0], cwd ?? engine.cwd);
    let data;
    try {
      data = await engine.fs.read(path);
    } catch {
      return wrong(`download: ${words[0]}: no such file`);
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([data], { type: "application/octet-stream" }));
    link.download = path.split("/").at(-1);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    return ok(`${link.download} is on its way to your downloads.\n`);
  }

  async upload(words, { signal } = {}) {
    const engine = await this.shell.engine();
    const files = await chosen(signal);
    if (!files.length) return wrong("Nothing was chosen.");
    const out = [];
    for (const file of files) {
      const name = file.name.replace(/[/\0]/g, "-");
      await engine.fs.write(`${engine.cwd}/${name}`, new Uint8Array(await file.arrayBuffer()));
      out.push(`${name}: ${file.size} bytes`);
    }
    return ok(`${out.join("\n")}\n`);
  }

  // --- The page ----------------------------------------------------------------------------------------------------

  open(words) {
    const wanted = words.join(" ").toLowerCase();
    const all = tabs();
    const found = wanted && (all.find((tab) => tab.name === wanted || tab.title.toLowerCase() === wanted) ?? all.find((tab) => tab.name.startsWith(wanted)));
    if (!found) return wrong(`Usage: open TAB, with one of: ${all.map((tab) => tab.name).join(", ")}`, 2);
    found.button.click();
    found.button.focus();
    return ok();
  }

  async history(words) {
    if (words[0] === "-c") {
      await this.shell.past.clear();
      return ok();
    }
    if (words.length && !/^\d+$/.test(words[0])) return wrong("Usage: history [-c | NUMBER]", 2);
    const { lines } = this.shell.past;
    const from = words.length ? Math.max(0, lines.length - Number(words[0])) : 0;
    return ok(lines.slice(from).map((line, at) => `${String(from + at + 1).padStart(5)}  ${line}\n`).join(""));
  }

  clear() {
    this.shell.entries.length = 0;
    this.shell.view?.clear();
    return ok();
  }

  help(words, { colours, columns }) {
    const out = [say.bold("This lab")];
    for (const [usage, about, listed] of Object.values(this.table)) if (listed) out.push(`  ${say.cyan(usage.padEnd(15))} ${about}`);
    out.push(
      "",
      say.bold("AWS and files"),
      `  ${say.cyan("aws …".padEnd(15))} The AWS CLI, in this browser: your sandbox, and nothing else`,
      `  ${say.cyan("python3".padEnd(15))} Python with boto3, set up for your sandbox`,
      `  ${say.cyan("jq grep sed …".padEnd(15))} Pipes, variables, loops, heredocs and about 80 commands of a bash`,
      `  ${say.dim("Files under ~ are kept: here, and on the server up to 1 MiB each.")}`,
      "",
      say.bold("Keys"),
      "  Tab completes   Up, Down earlier lines   Ctrl+R searches them   Ctrl+C stops   Ctrl+L clears",
      "  Esc, then Tab or Shift+Tab leaves the terminal.",
    );
    return ok(this.painted(`${out.join("\n")}\n`, colours, columns));
  }

  painted(text, colours) {
    return colours ? text : say.plain(text);
  }
}

/** Have the guide show the tasks as they are now. */
function refreshTasks() {
  globalThis.htmx?.trigger("#tasks", "refresh");
}

/** Markdown as a terminal shows it: code stands in, without its fences. */
function asText(markdown) {
  let code = false;
  const out = [];
  for (const line of markdown.split("\n")) {
    if (/^\s*(```|~~~)/.test(line)) code = !code;
    else out.push(code ? `    ${line}` : line);
  }
  return out.join("\n").replace(/^\n+|\n+$/g, "");
}

function tabs() {
  return [...document.querySelectorAll(".bench-tabs [role=tab]")].map((button) => ({
    button,
    name: button.id.replace(/^tab-/, ""),
    title: button.textContent.trim().replace(/\s+/g, " ").replace(/ [\d…+]+$/, ""),
  }));
}

/** Have files chosen; none where the learner changes their mind. */
function chosen(signal) {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.addEventListener("change", () => resolve([...input.files]));
    input.addEventListener("cancel", () => resolve([]));
    signal?.addEventListener("abort", () => resolve([]), { once: true });
    input.click();
  });
}
