// The Run buttons of a lesson. The first Run opens the learner's sandbox and loads the shell; all blocks of the page
// share that shell, and run one after the other. The page works without: the commands are there to be copied.

const place = JSON.parse(document.getElementById("run-place").textContent);
const HOME = "/home/learner";
const MOST = 100_000; // characters of one output
const SAY = {
  opening: "Opening your sandbox …",
  shell: "Loading the shell …",
  loading: "Loading Python and the AWS CLI into this browser, once …",
  restoring: "Loading the AWS CLI …",
  ready: "Running …",
  waiting: "Waits for the block above …",
  running: "Running …",
};

class Refused extends Error {
  constructor(message, link) {
    super(message);
    this.link = link;
  }
}

// --- The sandbox and its shell, once for the page -------------------------------------------------------------------

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let session = null; // what the server said of the sandbox
let loading = null;
let tell = () => {}; // who is told what is being loaded

async function openSandbox() {
  // Asked again until it is ready: each answer says how far it is.
  for (let wait = 250, tries = 0; tries < 60; tries += 1, wait = Math.min(2000, wait * 1.4)) {
    const answer = await fetch(place.open, { method: "POST", headers: { "X-CSRFToken": token() } });
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401) throw new Refused(said.refusal, { url: signIn(), text: "Sign in" });
    if (!answer.ok || said.refusal) {
      throw new Refused(said.refusal ?? "Your sandbox could not be opened. Try again in a moment.", {
        url: said.workspace ?? place.sandbox,
        text: "To the sandbox",
      });
    }
    if (said.env) return said;
    await later(wait);
  }
  throw new Refused("Your sandbox takes longer than it should. Try again in a moment.", { url: place.sandbox, text: "To the sandbox" });
}

async function load() {
  tell("opening");
  session = await openSandbox();
  tell("shell");
  const { createEngine } = await import(place.engine);
  const engine = await createEngine({
    env: session.env,
    home: HOME,
    files: Object.fromEntries(files().map(([name, text]) => [`${HOME}/${name}`, text])),
    commands: {},
    urls: place.urls,
    onStatus: (stage) => tell(stage),
  });
  await engine.ready;
  return engine;
}

function shell() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

// What the lesson shows as a file of a name is there when its commands run.
function files() {
  return [...document.querySelectorAll("figure.code[data-file]")].map((figure) => [figure.dataset.file, `${textOf(figure)}\n`]);
}

const textOf = (figure) => figure.querySelector("pre").textContent.replace(/\n+$/, "");
const signIn = () => `${place.sign_in}${location.hash ? encodeURIComponent(location.hash) : ""}`;

// --- A block ----------------------------------------------------------------------------------------------------------

const blocks = [];
let queue = Promise.resolve();

class Block {
  constructor(figure, number) {
    this.figure = figure;
    this.number = number;
    this.done = false;
    this.stop = null;
    figure.id ||= `block-${number + 1}`;
    const button = document.getElementById("run-button").content.cloneNode(true).firstElementChild;
    figure.querySelector("figcaption").append(button);
    this.button = button;
    this.label = button.querySelector(".run-label");
    button.setAttribute("aria-label", `Run block ${number + 1}`);
    button.addEventListener("click", () => (this.stop ? this.stop.abort() : this.run()));
  }

  output() {
    if (!this.made) {
      this.made = document.getElementById("run-output").content.cloneNode(true).firstElementChild;
      this.made.setAttribute("aria-label", `Result of block ${this.number + 1}`);
      this.figure.after(this.made);
      this.lines = this.made.querySelector(".run-lines");
      this.state = this.made.querySelector(".run-state");
      this.all = this.made.querySelector(".run-all");
      this.all.addEventListener("click", () => runUpTo(this.number));
    }
    return this.made;
  }

  run() {
    if (this.stop) return queue;
    const stop = (this.stop = new AbortController());
    this.output();
    this.made.setAttribute("aria-busy", "true");
    this.button.dataset.busy = "";
    this.label.textContent = "Stop";
    this.button.setAttribute("aria-label", `Stop block ${this.number + 1}`);
    this.lines.replaceChildren();
    this.all.hidden = true;
    this.say("", SAY.waiting);
    queue = queue.then(() => this.turn(stop)).then(() => this.rest(stop));
    return queue;
  }

  async turn(stop) {
    if (stop.signal.aborted) return this.say("stopped", "Stopped before it ran.");
    tell = (stage) => SAY[stage] && this.say("", SAY[stage]);
    const halted = new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve(null), { once: true }));
    try {
      const engine = await Promise.race([shell(), halted]);
      if (!engine) return this.say("stopped", "Stopped.");
      this.say("", SAY.running);
      const result = await Promise.race([engine.exec(textOf(this.figure), { signal: stop.signal }), halted]);
      if (!result) {
        engine.interrupt?.();
        return this.say("stopped", "Stopped.");
      }
      this.show(result);
    } catch (error) {
      this.fail(error);
    } finally {
      tell = () => {};
    }
  }

  rest() {
    this.stop = null;
    this.made.setAttribute("aria-busy", "false");
    delete this.button.dataset.busy;
    this.label.textContent = this.done ? "Run again" : "Run";
    this.button.setAttribute("aria-label", `${this.label.textContent}: block ${this.number + 1}`);
  }

  show({ stdout, stderr, exitCode, incomplete }) {
    // A node for each stream, added at once: a log is read as it grows.
    this.add("out", stdout);
    this.add("err", stderr);
    this.done = exitCode === 0 || "fails" in this.figure.dataset || this.figure.dataset.block === "fails";
    if (incomplete) return this.say("failed", "The command is not complete. Nothing was run.");
    if (!stdout && !stderr) this.add("none", "(no output)");
    const meant = this.figure.dataset.block === "fails";
    if (exitCode === 0) this.say(meant ? "failed" : "passed", meant ? "Went through, though it is meant to fail." : "Done, exit code 0.");
    else this.say(meant ? "passed" : "failed", meant ? `Failed, as it is meant to: exit code ${exitCode}.` : `Exit code ${exitCode}.`);
    const missing = blocks.slice(0, this.number).some((one) => !one.done && !one.stop);
    this.all.hidden = exitCode === 0 || meant || !missing;
    const way = this.made.querySelector(".run-workspace");
    way.href = session.workspace;
    way.hidden = false;
  }

  add(kind, text) {
    if (!text) return;
    const pre = document.createElement("pre");
    pre.className = `run-${kind}`;
    pre.textContent = text.length > MOST ? `${text.slice(0, MOST)}\n… and ${text.length - MOST} characters more` : text;
    this.lines.append(pre);
  }

  say(tone, words) {
    this.state.dataset.tone = tone;
    this.state.textContent = words;
  }

  fail(error) {
    if (!(error instanceof Refused)) console.warn("run:", error);
    const refused = error instanceof Refused;
    this.add("err", refused ? error.message : "The shell could not be loaded. Copy the command, or open the sandbox and work there.");
    this.say("failed", "It did not run.");
    const way = this.made.querySelector(".run-workspace");
    way.href = error.link?.url ?? place.sandbox;
    way.textContent = error.link?.text ?? "Open the sandbox";
    way.hidden = false;
  }
}

function runUpTo(last) {
  for (const block of blocks.slice(0, last + 1)) if (!block.done || block.number === last) block.run();
}

for (const figure of document.querySelectorAll('figure.code:is([data-block="run"], [data-block="fails"])')) {
  if (place.engine) {
    blocks.push(new Block(figure, blocks.length));
    continue;
  }
  // Without the engine: what there is instead, and why.
  const way = document.createElement("a");
  way.className = "run-elsewhere";
  way.href = place.sandbox;
  way.textContent = "Open the sandbox";
  way.title = `Commands do not run in this page here. ${place.why_not} Copy them, and run them in your sandbox.`;
  figure.querySelector("figcaption").append(way);
}
