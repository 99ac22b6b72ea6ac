// <class-live events="url">: rows of the class as they change (server-sent events). A row comes as the server draws it,
// with all text escaped; what the instructor has the focus on stays where it is. Sorting is the browser's.

const rows = document.getElementById("live-rows");
const sort = document.getElementById("live-sort");

const ORDERS = {
  name: (one) => [one.dataset.name],
  stuck: (one) => [one.dataset.stuck ? Number(one.dataset.stuck) : Infinity, one.dataset.name],
  passed: (one) => [Number(one.dataset.passed), one.dataset.name],
  last: (one) => [-Number(one.dataset.last), one.dataset.name],
};

function compare(before, after) {
  for (let at = 0; at < before.length; at += 1) {
    if (before[at] < after[at]) return -1;
    if (before[at] > after[at]) return 1;
  }
  return 0;
}

function place() {
  const key = ORDERS[sort.value] ?? ORDERS.name;
  const wanted = [...rows.children].map((row) => [key(row), row]).sort((one, two) => compare(one[0], two[0]));
  const held = rows.contains(document.activeElement) ? document.activeElement : null;
  wanted.forEach(([, row], at) => {
    if (rows.children[at] !== row) rows.insertBefore(row, rows.children[at] ?? null);
  });
  if (held && document.activeElement !== held) held.focus({ preventScroll: true });
}

// Where in its row the focus is, so that it can be put there again in the row that replaces it.
function replace(before, after) {
  const links = (row) => [...row.querySelectorAll("a")];
  const at = before.contains(document.activeElement) ? links(before).indexOf(document.activeElement) : -1;
  before.replaceWith(after);
  if (at >= 0) links(after)[at]?.focus({ preventScroll: true });
}

class ClassLive extends HTMLElement {
  connectedCallback() {
    if (!rows) return;
    sort.value = sessionStorage.getItem("skylab-live-sort") ?? "name";
    sort.addEventListener("change", () => (sessionStorage.setItem("skylab-live-sort", sort.value), place()));
    document.getElementById("live-lab").addEventListener("change", (event) => event.target.form.requestSubmit());
    place();
    this.connect();
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
  }

  disconnectedCallback() {
    this.source?.close();
  }

  connect() {
    this.source?.close();
    this.source = new EventSource(this.getAttribute("events"));
    this.source.onopen = () => this.say("open", "Live");
    this.source.onerror = () => this.say("lost", "The connection is lost; it is tried again.");
    this.source.onmessage = ({ data }) => this.take(JSON.parse(data));
  }

  say(state, text) {
    this.dataset.stream = state;
    const line = this.querySelector("[data-state]");
    if (line.textContent !== text) line.textContent = text;
  }

  take({ rows: fresh = {}, gone = [], totals = {}, reload }) {
    if (reload) return location.reload();
    const news = [];
    for (const [id, html] of Object.entries(fresh)) {
      // A row on its own is no HTML: a parser drops it without its table.
      const parsed = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
      const row = document.adoptNode(parsed.querySelector("tr"));
      const before = document.getElementById(`learner-${id}`);
      if (before?.isEqualNode(row)) continue;
      if (row.dataset.say && row.dataset.say !== before?.dataset.say) news.push(row.dataset.say);
      if (before) replace(before, row);
      else rows.append(row);
    }
    for (const id of gone) document.getElementById(`learner-${id}`)?.remove();
    for (const [name, value] of Object.entries(totals)) {
      const figure = this.querySelector(`[data-total="${name}"]`);
      if (figure && figure.textContent !== String(value)) figure.textContent = value;
    }
    place();
    if (news.length) document.dispatchEvent(new CustomEvent("announce", { detail: news.join(". ") }));
  }
}

customElements.define("class-live", ClassLive);
