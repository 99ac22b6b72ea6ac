// A shell in the page: bash by just-bash, the real AWS CLI and Python in a worker, one file system for both.
//
//   const engine = createEngine({ env, files, commands, onStatus });
//   await engine.ready;
//   const { stdout, stderr, exitCode, incomplete } = await engine.exec("aws s3 ls | wc -l");
import { defineCommand } from "just-bash/browser";
import { Completer } from "./complete.js";
import { Files, facade } from "./files.js";
import { sandboxFetch } from "./network.js";
import { programs } from "./programs.js";
import { Python } from "./python.js";
import { Shell, isIncomplete } from "./shell.js";

const latin1 = (data) => {
  let text = "";
  for (let place = 0; place < data.length; place += 32768) text += String.fromCharCode(...data.subarray(place, place + 32768));
  return text;
};
const bytesOf = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 255);
const utf8 = new TextDecoder();
const STOPPED = 130;
// Questions are not asked here, and there is no machine whose metadata could be asked.
const ALWAYS = { AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "", PYTHONUNBUFFERED: "1" };

/** The whole interface of it is told in docs/developer.md, "The browser terminal". */
export function createEngine({ env = {}, home = "/home/learner", files: initial = {}, commands = {}, urls = {}, onStatus = () => {} } = {}) {
  const root = new URL("./", import.meta.url);
  const sandbox = urls.sandbox ?? "/sandbox/";
  const endpoint = env.AWS_ENDPOINT_URL ?? location.origin;
  const files = new Files(initial);
  files.mkdirSync(home, { recursive: true });
  files.mkdirSync("/tmp", { recursive: true });
  const python = new Python({
    url: urls.worker ?? new URL(globalThis.SKYLAB_FILES.WORKER, root).href,
    sandbox: new URL(sandbox, document.baseURI).href,
    endpoint,
    files,
    onStatus,
  });
  let running = null;

  /** Make a command of a program that runs in the worker. */
  const program = (name) =>
    defineCommand(name, async (argv, context) => {
      const call = { program: name === "python" ? "python3" : name, argv, cwd: context.cwd, env: context.exportedEnv ?? {}, stdin: bytesOf(String(context.stdin)) };
      try {
        const answer = await python.run(call, running?.signal ?? context.signal);
        if (answer.stopped) return { stdout: "", stderr: "", exitCode: STOPPED };
        return { stdout: latin1(answer.out), stdoutKind: "bytes", stdoutEncoding: "binary", stderr: utf8.decode(answer.err), exitCode: answer.status };
      } catch (error) {
        return { stdout: "", stderr: `${name}: it could not be started in this browser: ${error.message}\n`, exitCode: 127 };
      }
    });

  /** Make a command of a function that the page gave. */
  const given = ([name, action]) =>
    defineCommand(name, async (argv, context) => {
      const answer = await action(argv, {
        cwd: context.cwd,
        env: context.exportedEnv ?? {},
        stdin: utf8.decode(bytesOf(String(context.stdin))),
        fs: facade(files),
        signal: running?.signal,
      });
      return { stdout: "", stderr: "", exitCode: 0, stdoutKind: "text", ...answer };
    });

  const shell = new Shell({
    files,
    home,
    env: { ...ALWAYS, ...env },
    commands: [...programs, ...["aws", "python3", "python"].map(program), ...Object.entries(commands).map(given)],
    fetch: sandboxFetch({ sandbox, endpoint }),
  });
  files.dirty.clear();
  const completer = new Completer({ shell, files, packs: urls.packs ?? new URL(`${globalThis.SKYLAB_FILES.PACKS}/`, root).href });

  return {
    ready: Promise.resolve(),
    fs: facade(files),
    get cwd() {
      return shell.cwd;
    },
    get env() {
      return shell.env;
    },

    /** Begin to load the AWS CLI; resolves when it is there. */
    warm: () => python.start(),

    prompt() {
      const place = shell.cwd === home ? "~" : shell.cwd.startsWith(`${home}/`) ? `~${shell.cwd.slice(home.length)}` : shell.cwd;
      return `${place} $ `;
    },

    /** Run a line. `incomplete` says that it wants more lines, and that nothing was run. */
    async exec(line, { signal, stdin } = {}) {
      if (isIncomplete(shell.bash, line)) return { stdout: "", stderr: "", exitCode: 0, incomplete: true };
      const stop = new AbortController();
      const abort = () => stop.abort();
      signal?.addEventListener("abort", abort, { once: true });
      if (signal?.aborted) abort();
      running = stop;
      try {
        const { stdout, stderr, exitCode } = await shell.exec(line, { signal: stop.signal, stdin });
        const stopped = stop.signal.aborted;
        return { stdout, stderr: stopped ? stderr.replace(/^bash: .*abort.*\n?/gim, "") : stderr, exitCode: stopped ? STOPPED : exitCode, incomplete: false };
      } catch (error) {
        if (stop.signal.aborted) return { stdout: "", stderr: "", exitCode: STOPPED, incomplete: false };
        return { stdout: "", stderr: `bash: ${error.message}\n`, exitCode: 2, incomplete: false };
      } finally {
        signal?.removeEventListener("abort", abort);
        if (running === stop) running = null;
      }
    },

    /** Ctrl-C: end what runs. Files and variables stay. */
    interrupt() {
      running?.abort();
    },

    complete: (line, cursor = line.length) => completer.complete(line, cursor),
  };
}
