// The lines that were run in this lab: one list that all windows add to, kept here and on the server.

const MOST = 1000;

export class Past {
  constructor({ keep, server, place }) {
    Object.assign(this, { keep, server, place });
    this.lines = [];
    this.unsent = [];
  }

  async load() {
    const kept = (await this.keep.get("history", this.place)) ?? {};
    this.lines.push(...(kept.lines ?? []));
    this.unsent = kept.unsent ?? [];
  }

  /** Ask the server for what other devices ran. */
  async join() {
    try {
      const { lines } = await this.server.get("history");
      this.lines.splice(0, this.lines.length, ...lines, ...this.unsent);
      this.save();
      await this.send();
    } catch {
      // what is kept here will do
    }
  }

  add(line) {
    // As with HISTCONTROL=ignoreboth: a line that begins with a space is not kept, nor one twice in a row.
    if (!line.trim() || line.startsWith(" ") || line === this.lines.at(-1)) return;
    this.lines.push(line);
    if (this.lines.length > MOST) this.lines.shift();
    this.unsent.push(line);
    this.save();
    this.send();
  }

  async clear() {
    this.lines.length = 0;
    this.unsent = [];
    this.save();
    await this.server.post("history", { clear: true });
  }

  save() {
    this.keep.put("history", { lines: this.lines.slice(-MOST), unsent: this.unsent.slice(-MOST) }, this.place).catch(() => {});
  }

  async send() {
    if (this.sending || !this.unsent.length) return;
    this.sending = true;
    const lines = this.unsent.slice();
    try {
      await this.server.post("history", { lines });
      this.unsent.splice(0, lines.length);
      this.save();
    } catch {
      return; // sent with the next one
    } finally {
      this.sending = false;
    }
    this.send();
  }
}
