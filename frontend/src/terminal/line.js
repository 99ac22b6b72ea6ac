// The line that is being typed, as readline knows it: text, a cursor, one place for what was cut. No screen in here.
// A command of several lines is one text with line ends in it.

const WORD = /[\p{L}\p{N}_]/u;
const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Return the text as what a person sees as one character each. */
export function graphemes(text) {
  return [...segments.segment(text)].map((one) => one.segment);
}

export class Line {
  constructor(text = "") {
    this.cut = "";
    this.set(text);
  }

  set(text, at = text.length) {
    this.text = text;
    this.at = at;
  }

  insert(text) {
    this.splice(this.at, this.at, text);
  }

  splice(from, to, text) {
    this.text = this.text.slice(0, from) + text + this.text.slice(to);
    this.at = from + text.length;
  }

  get lineStart() {
    return this.text.lastIndexOf("\n", this.at - 1) + 1;
  }

  get lineEnd() {
    const found = this.text.indexOf("\n", this.at);
    return found < 0 ? this.text.length : found;
  }

  before(at = this.at) {
    return at - (graphemes(this.text.slice(Math.max(0, at - 32), at)).at(-1)?.length ?? 0);
  }

  after(at = this.at) {
    return at + (graphemes(this.text.slice(at, at + 32))[0]?.length ?? 0);
  }

  wordBefore() {
    let at = this.at;
    while (at > 0 && !WORD.test(this.text[at - 1])) at -= 1;
    while (at > 0 && WORD.test(this.text[at - 1])) at -= 1;
    return at;
  }

  wordAfter() {
    let at = this.at;
    while (at < this.text.length && !WORD.test(this.text[at])) at += 1;
    while (at < this.text.length && WORD.test(this.text[at])) at += 1;
    return at;
  }

  // What Ctrl+W cuts: back to the white space, as a shell does.
  spaceBefore() {
    let at = this.at;
    while (at > 0 && /\s/.test(this.text[at - 1])) at -= 1;
    while (at > 0 && !/\s/.test(this.text[at - 1])) at -= 1;
    return at;
  }

  kill(from, to) {
    if (from === to) return;
    this.cut = this.text.slice(from, to);
    this.splice(from, to, "");
  }

  backspace() {
    this.splice(this.before(), this.at, "");
  }

  delete() {
    const at = this.at;
    this.splice(at, this.after(), "");
    this.at = at;
  }

  swap() {
    const at = this.at === this.text.length ? this.before() : this.at;
    const left = this.before(at);
    const right = this.after(at);
    if (left === at) return;
    this.splice(left, right, this.text.slice(at, right) + this.text.slice(left, at));
  }

  /** Move a line up or down within the text; return false where there is none. */
  vertical(by) {
    const column = this.at - this.lineStart;
    const target = by < 0 ? this.lineStart - 1 : this.lineEnd + 1;
    if (target < 0 || target > this.text.length) return false;
    this.at = target;
    this.at = Math.min(this.lineStart + column, this.lineEnd);
    return true;
  }
}

/** The lines that were run before, and where one is among them. What is being typed is kept while one looks back. */
export class Browsing {
  constructor(lines) {
    this.lines = lines; // shared and growing
    this.reset();
  }

  reset() {
    this.at = null;
    this.draft = "";
  }

  /** Return the line before (-1) or after (1), or null at the end. */
  move(by, typed) {
    if (this.at === null) {
      if (by > 0) return null;
      this.at = this.lines.length;
      this.draft = typed;
    }
    const to = this.at + by;
    if (to < 0 || to > this.lines.length) return null;
    this.at = to;
    if (to < this.lines.length) return this.lines[to];
    const draft = this.draft;
    this.reset();
    return draft;
  }

  /** Return the index of the newest line before `from` that holds the words, or -1. */
  find(words, from = this.lines.length) {
    if (!words) return -1;
    for (let at = Math.min(from, this.lines.length) - 1; at >= 0; at -= 1) if (this.lines[at].includes(words)) return at;
    return -1;
  }
}

/** Return what all candidates begin with. */
export function commonStart(texts) {
  let start = texts[0] ?? "";
  for (const text of texts) while (!text.startsWith(start)) start = start.slice(0, -1);
  return start;
}

/** Return pasted text as a shell may have it: line ends of one kind, no control characters, and how many were left out. */
export function tidied(text) {
  const lines = text.replace(/\r\n?/g, "\n");
  // biome-ignore lint: control characters are what this is about
  const clean = lines.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "");
  return { text: clean, dropped: lines.length - clean.length };
}
