// The files of the home: kept in this browser at once, on the server a moment later, and fetched from there when another
// window or device has changed them. A version is the server's word for a content; what this window made from which
// version tells whether somebody else was faster, and then both texts are kept (labs/services/homes.py).

import { asBytes, fromBase64, Refused, toBase64 } from "./server.js";

const SOON = 700; // a burst of writes is one save
const LATER = [2000, 5000, 15000, 60000];

const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

export class Home extends EventTarget {
  constructor({ keep, server, config, root }) {
    super();
    Object.assign(this, { keep, server, root, limits: config.limits });
    this.records = new Map(); // path -> {data, version, dirty, gone, refused}
    this.fs = null;
    this.turn = Promise.resolve();
    this.tries = 0;
    this.state = "saved";
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`skylab-home-${config.session}`) : null;
    if (this.channel) this.channel.onmessage = () => this.pull();
    addEventListener("online", () => this.push());
    document.addEventListener("visibilitychange", () => document.hidden || this.pull());
  }

  /** Read what this browser keeps; return it as the engine takes files. */
  async load() {
    this.records = new Map(await this.keep.files());
    const files = {};
    for (const [path, one] of this.records) if (!one.gone) files[`${this.root}/${path}`] = one.data;
    return files;
  }

  /** From now on the engine's files are the truth. */
  async attach(fs) {
    this.fs = fs;
    fs.changed.addEventListener("change", (event) => this.note(event.path ?? event.detail?.path ?? event.detail));
    await this.pull();
    if (this.unsaved().length) await this.push();
    else this.say("saved");
  }

  inside(absolute) {
    return absolute?.startsWith(`${this.root}/`) ? absolute.slice(this.root.length + 1) : null;
  }

  // --- What happens here -------------------------------------------------------------------------------------------

  note(absolute) {
    const path = this.inside(absolute);
    if (path === null) return;
    this.line(() => this.look(path).then(() => this.unsaved().length && this.soon()));
  }

  async look(path) {
    let about = null;
    try {
      about = await this.fs.stat(`${this.root}/${path}`);
    } catch {
      // it is gone
    }
    if (!about) {
      for (const [known, one] of this.records) if ((known === path || known.startsWith(`${path}/`)) && !one.gone) this.forget(known, one);
      return;
    }
    if (isFolder(about)) {
      for (const entry of await this.fs.list(`${this.root}/${path}`)) await this.look(`${path}/${entry.name ?? entry}`);
      return;
    }
    const data = asBytes(await this.fs.read(`${this.root}/${path}`));
    const before = this.records.get(path);
    if (before && !before.gone && same(before.data, data)) return;
    this.store(path, { data, version: before?.version ?? "", dirty: true });
  }

  store(path, record) {
    this.records.set(path, record);
    this.keep.file(path, record).catch(() => {});
  }

  forget(path, one) {
    if (one.version) return this.store(path, { data: new Uint8Array(), version: one.version, dirty: true, gone: true });
    this.records.delete(path);
    this.keep.file(path, null).catch(() => {});
  }

  // --- To the server -----------------------------------------------------------------------------------------------

  unsaved() {
    return [...this.records].filter(([, one]) => one.dirty && !one.refused);
  }

  soon(milliseconds = SOON) {
    this.say(this.state === "offline" ? "offline" : "saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.push(), milliseconds);
  }

  push() {
    clearTimeout(this.timer);
    return this.line(async () => {
      try {
        for (const [path, one] of this.unsaved()) await this.send(path, one);
        this.tries = 0;
        this.say([...this.records.values()].some((one) => one.refused) ? "partly" : "saved");
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status !== 0 && error.status < 500) return this.say("stopped", error.message);
        this.say("offline");
        this.timer = setTimeout(() => this.push(), LATER[Math.min(this.tries, LATER.length - 1)]);
        this.tries += 1;
      }
    });
  }

  async send(path, one) {
    let answer;
    try {
      if (!one.gone && one.data.length > this.limits.file) throw new Refused(tooLarge(path), 413);
      answer = await this.server.post("files", { path, known: one.version, data: one.gone ? null : toBase64(one.data) });
    } catch (error) {
      if (error.status === 409 && one.gone) {
        this.tell(error.message);
        this.records.delete(path);
        await this.keep.file(path, null);
        return this.pullNow();
      }
      if (![400, 413].includes(error.status)) throw error;
      this.tell(error.message);
      if (this.records.get(path) === one) this.store(path, { ...one, refused: true });
      return;
    }
    this.channel?.postMessage("saved");
    const now = this.records.get(path);
    if (one.gone && now === one) {
      this.records.delete(path);
      await this.keep.file(path, null);
    } else if (now) this.store(path, { ...now, version: answer.version ?? "", dirty: now !== one });
    if (answer.other) {
      this.tell(`${path} was changed in another window, too. Both are kept: the other text is in ${answer.other}.`);
      await this.pullNow();
    }
  }

  // --- From the server ---------------------------------------------------------------------------------------------

  pull() {
    return this.fs ? this.line(() => this.pullNow()) : null;
  }

  async pullNow() {
    let there;
    try {
      const all = this.records.size === 0;
      there = new Map((await this.server.get("files", all ? { data: 1 } : {})).files.map((one) => [one.path, one]));
    } catch {
      return; // the next look is soon enough
    }
    for (const [path, one] of there) {
      const mine = this.records.get(path);
      if (mine?.dirty || (mine && mine.version === one.version)) continue;
      const data = "data" in one ? one.data : (await this.server.get("files", { path })).files[0]?.data;
      if (data === undefined || this.records.get(path) !== mine) continue; // gone again, or changed here meanwhile
      this.store(path, { data: fromBase64(data), version: one.version, dirty: false });
      await this.fs.write(`${this.root}/${path}`, fromBase64(data));
      if (mine) this.tell(`${path} was changed in another window: this is its newer text.`);
    }
    for (const [path, one] of this.records) {
      if (one.dirty || there.has(path)) continue;
      this.records.delete(path);
      await this.keep.file(path, null);
      try {
        await this.fs.remove(`${this.root}/${path}`);
      } catch {
        // it was gone here, too
      }
    }
  }

  // --- What they share ---------------------------------------------------------------------------------------------

  /** One thing at a time, in order. */
  line(work) {
    this.turn = this.turn.then(work).catch((error) => console.warn("files:", error));
    return this.turn;
  }

  say(state, sentence = "") {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, sentence } }));
  }

  tell(sentence) {
    this.dispatchEvent(new CustomEvent("tell", { detail: sentence }));
  }
}

function tooLarge(path) {
  return `${path} is larger than 1 MiB: it stays in this browser, and is not kept on the server.`;
}

export function isFolder(about) {
  if (typeof about.isDirectory === "function") return about.isDirectory();
  return about.isDirectory ?? (about.type === "directory" || about.kind === "directory");
}
