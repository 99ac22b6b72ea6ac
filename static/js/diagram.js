// <lab-diagram base="url">: a picture to move in. Arrow keys go to the nearest thing, Enter chooses it, + and − and Fit set
// its size. In the workspace what is chosen and asked goes into a hidden form that each refresh sends along; on a page of
// its own links and forms are what they are.

const FIELDS = ["thing", "ask", "who", "target", "port"];
const STEPS = [0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6, 2];
const LEAST = 0.62; // smaller than this nobody can read it: the picture scrolls instead

class LabDiagram extends HTMLElement {
  connectedCallback() {
    this.parts = this.querySelector("#diagram");
    this.query = this.querySelector("#diagram-query");
    this.zoom = "fit";
    this.focused = "";
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("submit", (event) => this.submit(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusin", (event) => this.near(event.target.closest(".dia-card")));
    this.addEventListener("focusout", () => this.near(this.chosen));
    this.addEventListener("keyed", () => this.drawn());
    this.closest('[role="tabpanel"]')?.addEventListener("shown", () => this.shown());
    new ResizeObserver(() => this.resized()).observe(this);
    if (this.svg) this.drawn();
    else if (this.offsetParent) this.shown();
  }

  get svg() {
    return this.querySelector(".dia");
  }

  get scroll() {
    return this.querySelector(".diagram-scroll");
  }

  get cards() {
    return [...this.querySelectorAll(".dia-card")];
  }

  get chosen() {
    return this.querySelector(".dia-card.chosen");
  }

  shown() {
    this.resized();
    if (this.query && !this.asked) this.refresh();
  }

  refresh() {
    this.asked = true;
    htmx.trigger(this.parts, "refresh");
  }

  resized() {
    const width = this.clientWidth;
    if (!width) return;
    const across = width < 560 ? 1 : width < 760 ? 2 : 3;
    const field = this.query?.elements.across;
    if (field && field.value !== String(across)) {
      field.value = across;
      if (this.asked) this.refresh();
    }
    this.size();
  }

  drawn() {
    const cards = this.cards;
    const stop = cards.find((card) => card.dataset.thing === this.focused) ?? this.chosen ?? cards[0];
    for (const card of cards) card.setAttribute("tabindex", card === stop ? "0" : "-1");
    this.size();
    this.near(this.chosen);
    if (!this.telling) return;
    this.telling = false;
    const headline = this.querySelector("#diagram-headline");
    const said = headline ?? this.querySelector("#diagram-chosen h2");
    if (said) document.dispatchEvent(new CustomEvent("announce", { detail: said.textContent.trim() }));
    const panel = this.closest(".panel");
    if (panel) panel.scrollTop = 0;
  }

  size() {
    const { svg, scroll } = this;
    if (!svg || !scroll?.clientWidth) return;
    const width = Number(svg.dataset.width);
    const room = scroll.clientWidth - 18;
    const scale = this.zoom === "fit" ? Math.max(Math.min(1, room / width), LEAST) : this.zoom;
    svg.classList.add("sized");
    svg.setAttribute("width", Math.round(width * scale));
    svg.setAttribute("height", Math.round(Number(svg.dataset.height) * scale));
    this.scale = scale;
    const told = this.querySelector(".diagram-tools output");
    if (told) told.textContent = `${Math.round(scale * 100)} %`;
  }

  set(how) {
    const now = this.scale ?? 1;
    if (how === "fit") this.zoom = "fit";
    else if (how === "in") this.zoom = STEPS.find((step) => step > now + 0.01) ?? STEPS.at(-1);
    else this.zoom = STEPS.findLast((step) => step < now - 0.01) ?? STEPS[0];
    this.size();
  }

  click(event) {
    const zoom = event.target.closest("[data-zoom]");
    if (zoom) return this.set(zoom.dataset.zoom);
    const link = event.target.closest("a[data-thing]");
    if (!link || !this.query || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.focused = link.dataset.thing;
    this.ask({ thing: link.dataset.thing });
  }

  submit(event) {
    if (!this.query || !event.target.matches(".diagram-ask")) return;
    event.preventDefault();
    this.ask(Object.fromEntries(new FormData(event.target)));
  }

  ask(values) {
    for (const name of FIELDS) this.query.elements[name].value = values[name] ?? "";
    this.telling = true;
    this.refresh();
  }

  // What is under the hand, with its lines; the others step back.
  near(card) {
    const { svg } = this;
    if (!svg) return;
    svg.toggleAttribute("data-picked", Boolean(card));
    const key = card?.dataset.thing;
    for (const edge of svg.querySelectorAll(".dia-edge, .dia-label")) {
      edge.classList.toggle("near", Boolean(key) && (edge.dataset.from === key || edge.dataset.to === key));
    }
  }

  key(event) {
    const card = event.target.closest(".dia-card");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "-") {
      event.preventDefault();
      return this.set(event.key === "+" ? "in" : "out");
    }
    if (event.key === " ") {
      event.preventDefault();
      return card.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    }
    const to = this.next(card, event.key);
    if (!to) return;
    event.preventDefault();
    this.focused = to.dataset.thing;
    for (const each of this.cards) each.setAttribute("tabindex", each === to ? "0" : "-1");
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  next(card, key) {
    const { cards } = this;
    if (key === "Home") return cards[0];
    if (key === "End") return cards.at(-1);
    const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] ?? [0, 0];
    if (!dx && !dy) return null;
    const middle = (one) => {
      const box = one.querySelector(".dia-face").getBBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [x, y] = middle(card);
    let best = null;
    let least = Infinity;
    for (const other of cards) {
      const [ox, oy] = middle(other);
      const along = (ox - x) * dx + (oy - y) * dy;
      const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
      if (other === card || along < 4) continue;
      const far = along + 2.2 * aside;
      if (far < least) [best, least] = [other, far];
    }
    return best;
  }
}

customElements.define("lab-diagram", LabDiagram);
