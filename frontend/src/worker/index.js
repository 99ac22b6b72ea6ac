// The worker that Python lives in: the real AWS CLI, and python3. It starts from a memory snapshot (frontend/pack), so
// that nothing is imported or computed again, and talks to the page by messages only.
//
// page -> worker: {type: "start", sandbox, endpoint}, then {type: "run", id, program, argv, env, cwd, stdin, changes}
// worker -> page: {type: "stage", stage}, {type: "ready"}, {type: "done", id, out, err, status, changes}, {type: "failed"}
import { loadPyodide } from "pyodide";
import { Files } from "./files.js";
import { transport } from "./transport.js";

const { PYODIDE, PACKS, LOCK } = globalThis.SKYLAB_FILES;
const root = new URL("./", self.location.href).href;
const packs = `${root}${PACKS}/`;
// It sleeps without burning a core; a page that is not isolated may have such memory, as long as it stays in one thread.
const bed = new Int32Array(new WebAssembly.Memory({ shared: true, initial: 1, maximum: 1 }).buffer);

let programs;
let files;

const bytes = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
};

/** Fetch a pack now: Python cannot wait for a promise. Return undefined where there is no such. */
function pack(name) {
  const request = new XMLHttpRequest();
  request.open("GET", packs + name, false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch {
    return undefined;
  }
  return request.status === 200 ? new Uint8Array(request.response) : undefined;
}

async function start({ sandbox, endpoint }) {
  const stage = (name) => postMessage({ type: "stage", stage: name });
  stage("loading");
  const indexURL = `${root}${PYODIDE}/`;
  const archive = bytes(`${packs}cli.zip`);
  const memory = bytes(`${packs}cli.snapshot`);
  const { send, setClock } = transport({ sandbox, endpoint });
  const clock = setClock();
  const py = await loadPyodide({
    indexURL,
    lockFileContents: LOCK,
    _loadSnapshot: memory,
    // Its own way takes memory of the snapshot's size for granted; the module has 30 MB until it is asked to grow.
    createPyodideModule: async (settings) => {
      const { default: create } = await import(`${indexURL}pyodide.asm.mjs`);
      const [module, snapshot] = await Promise.all([create(settings), memory]);
      stage("restoring");
      module.growMemory(snapshot.length);
      return module;
    },
  });
  py.FS.mkdirTree("/cli");
  py.FS.writeFile("/cli/cli.zip", await archive, { canOwn: true });
  await clock;
  py.pyimport("skylab_shell.boot").wake({ pack, send, sleep: (seconds) => Atomics.wait(bed, 0, 0, seconds * 1000) });
  programs = { aws: py.pyimport("skylab_shell.cli"), python3: py.pyimport("skylab_shell.script") };
  py.FS.chdir("/");
  for (const name of py.FS.readdir("/home")) if (name === "web_user" || name === "pyodide") py.FS.rmdir(`/home/${name}`);
  files = new Files(py.FS);
  self.py = py;
  postMessage({ type: "ready" });
}

function run({ id, program, argv, env, cwd, stdin, changes }) {
  files.take(changes);
  const given = [argv, env, stdin ?? new Uint8Array()].map((value) => self.py.toPy(value));
  const answer = programs[program].run(given[0], given[1], cwd, given[2]);
  const [out, err, status] = [0, 1, 2].map((place) => answer.get(place));
  const plain = (value) => {
    const copy = value.toJs();
    value.destroy();
    return copy;
  };
  postMessage({ type: "done", id, out: plain(out), err: plain(err), status, changes: files.changed() });
  for (const proxy of [...given, answer]) proxy.destroy();
  programs.aws.prepare(); // the next command's driver, while a person reads this one's answer
}

self.onmessage = async ({ data }) => {
  try {
    if (data.type === "start") await start(data);
    else run(data);
  } catch (error) {
    postMessage({ type: "failed", id: data.id, reason: error?.stack ?? error?.message ?? `${error?.name ?? error} ${error?.errno ?? ""}` });
  }
};
