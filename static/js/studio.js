// <studio-draft lint="url">: a draft that is being written. What is wrong with it is asked for while one writes, and listed;
// who presses a finding comes to its line. The texts are plain fields: dist/studio.js makes editors of them where it is
// there, which keep the fields up to date, hear "findings" and take "goto".

const WAIT = 450; // milliseconds without a key

class StudioDraft extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.list = this.querySelector("[data-part=findings]");
    this.count = this.querySelector("[data-part=count]");
    this.saved = this.written();
    this.addEventListener("input", (event) => event.target.matches("textarea") && this.changed());
    this.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      this.form.requestSubmit(this.form.querySelector("button[value=save]"));
    });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-line]");
      if (button) this.goto(button.dataset.file, Number(button.dataset.line));
    });
    this.form.addEventListener("submit", () => (this.leaving = true));
    addEventListener("beforeunload", (event) => !this.leaving && this.written() !== this.saved && event.preventDefault());
    const place = /^#([\w.-]+):(\d+)$/.exec(location.hash);
    if (place) setTimeout(() => this.goto(place[1], Number(place[2])), 0);
    this.ask();
  }

  get texts() {
    return [...this.form.querySelectorAll("textarea")];
  }

  written() {
    return JSON.stringify(this.texts.map((text) => text.value));
  }

  changed() {
    this.querySelector("[data-part=saved]").textContent = this.written() === this.saved ? "Saved." : "Not saved yet.";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    this.asked?.abort();
    this.asked = new AbortController();
    const body = new FormData(this.form);
    try {
      const answer = await fetch(this.getAttribute("lint"), { method: "POST", body, signal: this.asked.signal, headers: { Accept: "application/json" } });
      if (answer.ok && answer.headers.get("content-type")?.includes("json")) this.show((await answer.json()).findings);
    } catch {
      // Left, overtaken or offline: what is listed stays, and the next key asks again.
    }
  }

  show(findings) {
    const said = JSON.stringify(findings);
    if (said === this.said) return;
    this.said = said;
    const before = this.list.contains(document.activeElement) ? [...this.list.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    this.list.replaceChildren(...findings.map(row));
    if (before >= 0) (this.list.querySelectorAll("button")[before] ?? this.list.querySelector("button") ?? this.texts[0]).focus();
    const mistakes = findings.filter((one) => !one.warning).length;
    this.count.textContent = findings.length ? `${many(mistakes, "mistake")}, ${many(findings.length - mistakes, "warning")}.` : "Nothing is wrong with it.";
    this.findings = findings;
    this.dispatchEvent(new CustomEvent("findings", { detail: findings }));
  }

  /** Bring somebody to a line: an editor takes it, otherwise the line is selected in the plain field. */
  goto(file, line) {
    const text = this.texts.find((one) => one.name === file);
    if (!text) return;
    text.closest("details")?.setAttribute("open", "");
    if (!text.dispatchEvent(new CustomEvent("goto", { detail: line, cancelable: true }))) return;
    const lines = text.value.split("\n");
    const start = lines.slice(0, Math.max(0, line - 1)).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    text.scrollTop = ((line - 4) * text.scrollHeight) / lines.length;
  }
}

const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function row(one) {
  const item = document.createElement("li");
  item.className = one.warning ? "finding-row warning" : "finding-row";
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.file = one.file;
  button.dataset.line = one.line;
  const pieces = [
    ["place", one.line ? `${one.file}, line ${one.line}` : one.file],
    ["kind", `${one.warning ? "Warning" : "Mistake"} ${one.id}`],
    ["words", one.message],
    ["hint", one.hint],
  ];
  for (const [name, text] of pieces) {
    if (!text) continue;
    const piece = document.createElement("span");
    piece.className = `finding-${name}`;
    piece.textContent = text;
    button.append(piece, " ");
  }
  item.append(button);
  return item;
}

customElements.define("studio-draft", StudioDraft);
