// just-bash with what a person at a prompt expects: variables, functions, options and the folder stay from one line to
// the next, and an unfinished line is asked to be finished.
import { Bash } from "just-bash/browser";

const UNFINISHED = /unexpected EOF|got EOF|unterminated here-document/;

/** Whether a line wants more: an open quote, `do` without `done`, a here-document, a trailing `|`. */
export function isIncomplete(bash, line) {
  const source = line.replace(/\n$/, "");
  const last = source.slice(source.lastIndexOf("\n") + 1);
  try {
    bash.transform(line);
  } catch (error) {
    if (UNFINISHED.test(error.message)) return true;
    // `if true; then` ends where `fi` could not stand: its error is behind the last letter.
    const at = / at (\d+):(\d+): syntax error near unexpected token/.exec(error.message);
    const lines = source.split("\n");
    return Boolean(at) && Number(at[1]) >= lines.length && Number(at[2]) > lines.at(-1).trimStart().length;
  }
  const backslashes = /\\*$/.exec(last)[0].length;
  if (backslashes % 2 && !last.trimStart().startsWith("#")) return true;
  return /(^|[^\\])(\||&&)\s*$/.test(last) && !/(^|\s)#/.test(last) && quotesClosed(source);
}

function quotesClosed(text) {
  let quote = "";
  for (let place = 0; place < text.length; place++) {
    const letter = text[place];
    if (letter === "\\" && quote !== "'") place++;
    else if (quote) quote = letter === quote ? "" : quote;
    else if (letter === "'" || letter === '"') quote = letter;
  }
  return !quote;
}

export class Shell {
  constructor({ files, env, home, commands, fetch }) {
    this.bash = new Bash({
      fs: files,
      cwd: home,
      env: { USER: "learner", LOGNAME: "learner", SHELL: "/bin/bash", TERM: "xterm-256color", LANG: "C.UTF-8", HOME: home, ...env },
      customCommands: commands,
      fetch,
      // It would patch the page's own functions while a line runs. What runs here is the learner's, in their own tab.
      defenseInDepth: false,
      executionLimits: { maxExecutionTimeMs: 3_600_000 },
    });
    const { state } = this.bash;
    state.shoptOptions.expand_aliases = true; // as in a shell that somebody types into
  }

  get cwd() {
    return this.bash.state.cwd;
  }

  get env() {
    const { env, exportedVars } = this.bash.state;
    return Object.fromEntries([...env].filter(([name]) => exportedVars.has(name)));
  }

  /** Return the words that are commands now. */
  words() {
    const { functions, env } = this.bash.state;
    const aliases = [...env.keys()].filter((name) => name.startsWith("BASH_ALIAS_")).map((name) => name.slice(11));
    const builtin = ["alias", "cd", "declare", "eval", "exec", "exit", "export", "for", "if", "local", "printf", "read", "set", "shift"];
    return [...new Set([...this.bash.commands.keys(), ...functions.keys(), ...aliases, ...builtin, "source", "type", "unset", "while"])];
  }

  /** Run a whole line (or several). Its state is the next line's. */
  async exec(line, { signal, stdin } = {}) {
    this.bash.ranState = undefined; // set by just-bash as build.mjs patches it: the state that the line leaves behind
    try {
      return await this.bash.exec(line, { signal, stdin, stdinKind: typeof stdin === "string" ? "text" : "bytes", rawScript: false });
    } finally {
      const ran = this.bash.ranState;
      if (ran) this.keep(ran);
    }
  }

  keep(ran) {
    const { state } = this.bash;
    const options = { ...ran.options, errexit: false, noexec: false }; // `set -e` would end the session at a typo
    Object.assign(state, {
      ...ran,
      ...{ options, groupStdin: undefined, signal: undefined, extraArgs: undefined, localScopes: [] },
      ...{ callDepth: 0, sourceDepth: 0, loopDepth: 0, commandCount: 0, inCondition: false, currentLine: 1 },
    });
  }
}
