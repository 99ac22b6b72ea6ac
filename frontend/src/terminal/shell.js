// The shell behind both faces of the terminal: the engine, loaded when it is first needed, the lab's own commands, what
// was run and what came of it. It prints nothing: a view asks it to run a line and shows the result.

import { Commands } from "./commands.js";
import { Home } from "./home.js";
import { Keep } from "./keep.js";
import { Past } from "./past.js";
import { Server } from "./server.js";

export const HOME = "/home/learner";
// Of the engine's variables those that a shell sets by itself, and what must be this session's own.
const OWN = /^(PWD|OLDPWD|HOME|USER|SHLVL|_|PATH|IFS|OPTIND|OPTERR|SHELLOPTS|BASHOPTS|BASH.*|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|UID|EUID|PPID|RANDOM|SECONDS|LINENO|PIPESTATUS|TERM|COLUMNS|LINES|AWS_ENDPOINT_URL)$/;
const PATIENCE = 1500;
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export class Shell extends EventTarget {
  constructor(config) {
    super();
    this.config = config;
    this.server = new Server(config);
    this.keep = new Keep(config.session);
    this.past = new Past({ keep: this.keep, server: this.server, place: config.place });
    this.home = new Home({ keep: this.keep, server: this.server, config, root: HOME });
    this.commands = new Commands(this);
    this.entries = []; // {prompt, line, stdout, stderr, exitCode}: what a face that comes later shows first
    this.exitCode = 0;
    this.cwd = HOME;
    this.running = null;
    this.view = null; // the face that is shown
  }

  /** Read what this browser keeps. Quick: the prompt waits for it. */
  async start() {
    const [files, state] = await Promise.all([this.home.load(), this.keep.get("state"), this.past.load()]);
    this.files = files;
    this.kept = state ?? {};
    if (this.kept.cwd?.startsWith("/")) this.cwd = this.kept.cwd;
    this.past.join();
  }

  get prompt() {
    const here = this.cwd === HOME ? "~" : this.cwd.startsWith(`${HOME}/`) ? `~${this.cwd.slice(HOME.length)}` : this.cwd;
    return { here, exitCode: this.exitCode };
  }

  // --- The engine --------------------------------------------------------------------------------------------------

  /** Return the engine, ready to run lines. Rejects where it cannot be loaded; asked again, it tries again. */
  engine() {
    this.loading ??= this.load().catch((error) => {
      this.loading = null;
      throw error;
    });
    return this.loading;
  }

  async load() {
    this.stage("shell");
    const { createEngine } = await import("../engine/index.js");
    const engine = createEngine({
      env: this.config.env,
      home: HOME,
      files: this.files,
      commands: this.commands.forEngine(),
      onStatus: (stage) => this.stage(stage),
    });
    await engine.ready;
    this.base = { ...engine.env };
    await this.restore(engine);
    this.home.attach(engine.fs);
    this.loaded = engine;
    this.stage("");
    if (!navigator.connection?.saveData) (globalThis.requestIdleCallback ?? setTimeout)(() => engine.warm?.());
    return engine;
  }

  stage(stage) {
    this.dispatchEvent(new CustomEvent("stage", { detail: stage }));
  }

  /** Be where one was, with the variables that were set, before the page was loaded anew. */
  async restore(engine) {
    const lines = Object.entries(this.kept.env ?? {}).map(([name, value]) => `export ${name}=${quoted(value)}`);
    if (this.kept.cwd && this.kept.cwd !== HOME) lines.push(`cd ${quoted(this.kept.cwd)} 2>/dev/null || mkdir -p ${quoted(this.kept.cwd)} && cd ${quoted(this.kept.cwd)}`);
    if (lines.length) await engine.exec(lines.join("\n"));
    this.cwd = engine.cwd;
  }

  remember(engine) {
    this.cwd = engine.cwd;
    const changed = Object.entries(engine.env).filter(([name, value]) => /^[A-Za-z_]\w*$/.test(name) && !OWN.test(name) && this.base[name] !== value && typeof value === "string");
    this.keep.put("state", { cwd: this.cwd, env: Object.fromEntries(changed) }).catch(() => {});
  }

  // --- Lines -------------------------------------------------------------------------------------------------------

  /** Run a line; return {stdout, stderr, exitCode, incomplete}. Never rejects. */
  async run(line) {
    const stop = new AbortController();
    this.running = { line, stop, since: performance.now() };
    this.dispatchEvent(new CustomEvent("busy", { detail: line }));
    // What is stopped is waited for a moment, as it tidies up; then the prompt comes back all the same.
    const halted = new Promise((resolve) => stop.signal.addEventListener("abort", () => setTimeout(resolve, PATIENCE, null), { once: true }));
    let result = null;
    try {
      result = (await Promise.race([this.carryOut(line, stop.signal), halted])) ?? { stdout: "", stderr: "", exitCode: 130 };
      if (stop.signal.aborted && !result.stderr.includes("^C")) result = { ...result, stderr: `${result.stderr}^C\n` };
    } catch (error) {
      console.warn("shell:", error);
      const why = this.loaded ? String(error?.message ?? error) : "The shell could not be loaded. Press Enter to try again, or work from your own terminal: see Connect.";
      result = { stdout: "", stderr: `${why}\n`, exitCode: 1 };
    }
    // What the engine did not end by itself, it shall know of: $? is the next line's.
    if (this.loaded && (stop.signal.aborted || this.commands.parse(line))) await this.loaded.exec(`(exit ${result.exitCode})`).catch(() => {});
    this.running = null;
    if (!result.incomplete) {
      this.exitCode = result.exitCode;
      if (line.trim()) this.entries.push({ line, stdout: "", stderr: "", ...result });
      this.past.add(line);
      if (this.loaded) this.remember(this.loaded);
    }
    this.dispatchEvent(new CustomEvent("idle"));
    return result;
  }

  async carryOut(line, signal) {
    const own = this.commands.parse(line);
    if (own) return this.commands.run(own.name, own.words, { signal, colours: true });
    if (!line.trim()) return { stdout: "", stderr: "", exitCode: this.exitCode };
    const stopped = new Promise((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
    const engine = await Promise.race([this.engine(), stopped]);
    if (signal.aborted) return null;
    return engine.exec(line, { signal });
  }

  interrupt() {
    if (!this.running) return;
    this.running.stop.abort();
    this.loaded?.interrupt();
  }

  async complete(line, cursor) {
    const own = this.commands.complete(line.slice(0, cursor));
    if (own) return own;
    const found = await (await this.engine()).complete(line, cursor);
    return found ?? { start: cursor, end: cursor, candidates: [] };
  }

  /** A name as the shell sees it from where one is. */
  absolute(path, cwd = this.cwd) {
    const from = path.startsWith("~/") || path === "~" ? HOME + path.slice(1) : path.startsWith("/") ? path : `${cwd}/${path}`;
    const parts = [];
    for (const part of from.split("/")) {
      if (part === "..") parts.pop();
      else if (part && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }
}
