// The page's side of the worker: one command at a time, and a new worker where one was stopped in the middle.

export class Python {
  constructor({ url, sandbox, endpoint, files, onStatus }) {
    Object.assign(this, { url, sandbox, endpoint, files, onStatus });
    this.fresh = true;
    this.busy = null;
    this.line = Promise.resolve();
  }

  /** Begin to load; calls later than the first cost nothing. */
  start() {
    if (this.worker) return this.ready;
    this.fresh = true;
    const worker = new Worker(this.url, { type: "module" });
    this.worker = worker;
    this.ready = new Promise((resolve, reject) => {
      const fail = (reason) => {
        if (this.worker === worker) this.worker = null;
        worker.terminate();
        this.onStatus("failed");
        reject(new Error(reason));
        this.busy?.(new Error(reason));
      };
      worker.onerror = (event) => fail(event.message || "its script could not be loaded");
      worker.onmessage = ({ data }) => {
        if (data.type === "stage") this.onStatus(data.stage);
        else if (data.type === "ready") {
          this.onStatus("ready");
          resolve();
        } else if (data.type === "done") this.busy?.(data);
        else if (data.id === undefined) fail(data.reason);
        else this.busy?.(new Error(data.reason));
      };
    });
    this.ready.catch(() => {});
    worker.postMessage({ type: "start", sandbox: this.sandbox, endpoint: this.endpoint });
    return this.ready;
  }

  /** Run a program. Resolves with {out, err, status}; {stopped: true} where it was interrupted. */
  run(call, signal) {
    const turn = this.line.then(() => this.one(call, signal));
    this.line = turn.catch(() => {});
    return turn;
  }

  async one(call, signal) {
    if (signal?.aborted) return { stopped: true };
    const stopped = new Promise((resolve) => signal?.addEventListener("abort", () => resolve({ stopped: true }), { once: true }));
    const started = await Promise.race([this.start(), stopped]);
    if (started?.stopped) return started;
    const changes = await this.files.news({ all: this.fresh });
    this.fresh = false;
    const answered = new Promise((resolve) => (this.busy = resolve));
    this.worker.postMessage({ type: "run", id: 1, ...call, changes });
    const answer = await Promise.race([answered, stopped]);
    this.busy = null;
    if (answer.stopped) {
      this.worker?.terminate();
      this.worker = null;
      this.start(); // the next one is there before the next command is typed
      return answer;
    }
    if (answer instanceof Error) throw answer;
    await this.files.take(answer.changes);
    return answer;
  }
}
