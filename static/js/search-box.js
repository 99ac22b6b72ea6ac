// Search from anywhere: Ctrl or Cmd with K, or the button of the header, opens the box; it suggests as one types.
// A combobox as the ARIA practices have it: the focus stays in the field, the arrows move the option that Enter takes.
// Without this script the button is a link to the page of search.

const WAIT = 120; // milliseconds without a key, before the server is asked

class SearchBox extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    this.said = this.querySelector("[data-said]");
    this.hint = this.querySelector("[data-hint]");
    this.at = -1;
    this.input.addEventListener("input", () => this.soon());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointermove", (event) => this.move(this.options.indexOf(event.target.closest("a"))));
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  soon() {
    clearTimeout(this.timer);
    this.asking?.abort();
    if (!this.input.value.trim()) return this.show({ hits: [] });
    this.timer = setTimeout(() => this.ask(this.input.value), WAIT);
  }

  async ask(query) {
    this.asking = new AbortController();
    try {
      const url = `${this.getAttribute("suggest")}?${new URLSearchParams({ q: query })}`;
      const answer = await fetch(url, { signal: this.asking.signal });
      if (answer.ok && query === this.input.value) this.show(await answer.json());
    } catch {
      // overtaken by the next key, or no connection: Enter still asks the page
    }
  }

  show({ hits, meant }) {
    this.list.replaceChildren(...hits.map((hit, number) => this.option(hit, number)));
    this.list.hidden = !hits.length;
    this.hint.hidden = hits.length > 0;
    this.input.setAttribute("aria-expanded", String(hits.length > 0));
    this.move(-1);
    const count = hits.length === 1 ? "1 suggestion" : `${hits.length} suggestions`;
    const words = meant ? `${count} for ${meant}` : count;
    this.said.textContent = this.input.value.trim() ? (hits.length ? words : "Nothing found so far") : "";
  }

  option(hit, number) {
    const link = document.createElement("a");
    link.id = `search-option-${number}`;
    link.href = hit.url;
    link.tabIndex = -1;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    const title = document.createElement("span");
    for (const [text, match] of hit.pieces) {
      const piece = document.createElement(match ? "mark" : "span");
      piece.textContent = text;
      title.append(piece);
    }
    const place = document.createElement("span");
    place.className = "place";
    place.textContent = [hit.kind, hit.place].filter(Boolean).join(" · ");
    link.append(title, place);
    return link;
  }

  move(to) {
    const options = this.options;
    this.at = options.length ? Math.max(-1, Math.min(to, options.length - 1)) : -1;
    options.forEach((one, number) => one.setAttribute("aria-selected", String(number === this.at)));
    const here = options[this.at];
    if (here) this.input.setAttribute("aria-activedescendant", here.id);
    else this.input.removeAttribute("aria-activedescendant");
    here?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const last = this.options.length - 1;
    if (event.key === "ArrowDown") this.move(this.at >= last ? -1 : this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at < 0 ? last : this.at - 1);
    else if (event.key === "Enter" && this.at >= 0) this.options[this.at].click();
    else return;
    event.preventDefault();
  }
}

customElements.define("search-box", SearchBox);

const dialog = document.getElementById("search-dialog");

function open() {
  if (!dialog || dialog.open) return;
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.hidePopover();
  dialog.showModal();
  dialog.querySelector("input").select();
}

document.addEventListener("click", (event) => {
  if (!dialog || !event.target.closest("[data-search-open]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  if (!dialog || event.defaultPrevented) return;
  event.preventDefault();
  if (dialog.open) dialog.close();
  else open();
});
