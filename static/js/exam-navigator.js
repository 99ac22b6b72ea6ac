// <exam-navigator>: a number for each place, with its state: unseen, seen or answered, and whether it is flagged. One stop
// of the Tab key; arrows, Home and End move within, Enter goes there. Without this script they are links.

const WORDS = { unseen: "not seen yet", seen: "seen, not answered", answered: "answered" };

class ExamNavigator extends HTMLElement {
  // Fires "go" (detail: place).
  connectedCallback() {
    this.links = [...this.querySelectorAll("a[data-place]")];
    this.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-place]");
      if (!link) return;
      event.preventDefault();
      this.dispatchEvent(new CustomEvent("go", { bubbles: true, detail: Number(link.dataset.place) }));
    });
    this.addEventListener("keydown", (event) => this.#move(event));
    this.addEventListener("focusout", (event) => this.contains(event.relatedTarget) || this.#stop(this.current));
    this.#stop(this.links.find((link) => link.getAttribute("aria-current")) ?? this.links[0]);
  }

  update(place, { state, flagged }) {
    const link = this.#link(place);
    if (!link) return;
    link.dataset.state = state;
    link.toggleAttribute("data-flagged", flagged);
    link.querySelector("[data-words]").textContent = `, ${WORDS[state]}${flagged ? ", flagged" : ""}`;
  }

  show(place) {
    this.current = this.#link(place);
    for (const link of this.links) {
      if (link === this.current) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    this.#stop(this.current);
    // Only the grid scrolls, never the page.
    const grid = this.querySelector("ol");
    if (this.current && grid.scrollHeight > grid.clientHeight) {
      grid.scrollTop = this.current.offsetTop - grid.offsetTop - grid.clientHeight / 2;
    }
  }

  focusCurrent() {
    (this.current ?? this.links[0])?.focus();
  }

  #link(place) {
    return this.links.find((link) => Number(link.dataset.place) === place);
  }

  #stop(chosen) {
    for (const link of this.links) link.tabIndex = link === chosen ? 0 : -1;
  }

  #move(event) {
    const at = this.links.indexOf(document.activeElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const top = this.links[0].offsetTop;
    const columns = Math.max(1, this.links.findIndex((link) => link.offsetTop > top));
    const rows = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const to = { Home: 0, End: this.links.length - 1 }[event.key] ?? (rows === undefined ? undefined : at + rows);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.links[to]) return;
    this.#stop(this.links[to]);
    this.links[to].focus();
  }
}

customElements.define("exam-navigator", ExamNavigator);
