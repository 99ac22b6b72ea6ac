// <item-order>: a list of steps, each with a select for its place, which is all that is needed and all that is sent.
// Here: two steps never keep the same place, buttons move a step up and down, and a step can be dragged to its place.

class ItemOrder extends HTMLElement {
  connectedCallback() {
    if (this.rows) return;
    this.list = this.querySelector("ol");
    this.rows = [...this.list.children];
    this.selects = new Map(this.rows.map((row) => [row, row.querySelector("select")]));
    this.before = new Map();
    this.last = this.selects.get(this.rows[0]).options.length - 1;
    for (const row of this.rows) {
      const text = row.querySelector(".order-text").textContent.trim();
      const steps = this.querySelector("template").content.cloneNode(true);
      for (const one of steps.querySelectorAll("button")) one.setAttribute("aria-label", `${one.title}: ${text}`);
      row.querySelector(".order-controls").append(steps);
      row.draggable = true;
    }
    this.addEventListener("click", (event) => this.move(event));
    this.addEventListener("focusin", (event) => (this.begun = event.target.localName === "select" ? this.places() : null));
    this.addEventListener("change", (event) => event.target.localName === "select" && this.chosen(event.target));
    this.addEventListener("restore", () => this.draw());
    this.list.addEventListener("dragstart", (event) => this.lift(event));
    this.list.addEventListener("dragover", (event) => this.dragged && event.preventDefault());
    this.list.addEventListener("drop", (event) => this.drop(event));
    this.list.addEventListener("dragend", () => this.lift());
    this.draw();
  }

  place(row) {
    return this.selects.get(row).selectedIndex;
  }

  at(place) {
    return this.rows.find((row) => place && this.place(row) === place);
  }

  free() {
    for (let place = 1; place <= this.last; place++) if (!this.at(place)) return place;
    return 0;
  }

  // The steps that have a place, in order.
  placed() {
    return this.rows.filter((row) => this.place(row)).sort((one, other) => this.place(one) - this.place(other));
  }

  put(row, place) {
    this.selects.get(row).selectedIndex = place;
  }

  // What was at the place goes to where this one comes from.
  chosen(select) {
    const row = select.closest("li");
    const rest = this.rows.filter((one) => one !== row);
    // Arrow keys run through places that others have: whatever was taken on the way is given back.
    for (const one of rest) this.put(one, (this.begun ?? this.before).get(one));
    const other = rest.find((one) => this.place(one) && this.place(one) === this.place(row));
    if (other) this.put(other, (this.begun ?? this.before).get(row));
    this.remember();
  }

  move(event) {
    const pressed = event.target.closest("[data-step]");
    if (!pressed || this.selects.values().next().value.matches(":disabled")) return;
    const row = pressed.closest("li");
    const from = this.place(row);
    let to = from ? from + Number(pressed.dataset.step) : this.free();
    if (to > this.last) to = this.rows.length > this.last ? 0 : from; // down from the last place: to those without one
    if (to < 1 && from === 1) to = 1;
    if (to === from) return this.say(row, from ? "" : "All places are taken. Move one of them down first.");
    const other = this.at(to);
    this.put(row, to);
    if (other) this.put(other, from);
    this.tell(row);
    this.draw();
    pressed.focus();
    this.say(row);
  }

  lift(event) {
    this.dragged?.classList.remove("dragged");
    this.dragged = event?.target.closest?.("li");
    this.dragged?.classList.add("dragged");
    event?.dataTransfer.setData("text/plain", "");
  }

  drop(event) {
    const target = event.target.closest("li");
    const row = this.dragged;
    if (!row || !target || row === target) return;
    event.preventDefault();
    const order = this.placed().filter((one) => one !== row);
    const place = this.place(target);
    if (place) order.splice(place > this.place(row) && this.place(row) ? order.indexOf(target) + 1 : order.indexOf(target), 0, row);
    else if (!this.place(row)) order.push(row);
    for (const one of this.rows) this.put(one, 0);
    order.slice(0, this.last).forEach((one, index) => this.put(one, index + 1));
    this.tell(row);
    this.draw();
    this.say(row);
  }

  // What listens to the form (an exam saves at each change) hears of it once.
  tell(row) {
    this.remember();
    this.begun &&= this.places(); // a select that still has the focus goes on from here
    this.selects.get(row).dispatchEvent(new Event("change", { bubbles: true }));
  }

  places() {
    return new Map(this.rows.map((row) => [row, this.place(row)]));
  }

  remember() {
    this.before = this.places();
  }

  // Steps with a place first, in its order; the others below them as they were.
  draw() {
    this.begun = null;
    this.remember();
    const placed = this.placed();
    const order = [...placed, ...this.rows.filter((row) => !this.place(row))];
    if (order.some((row, index) => this.list.children[index] !== row)) this.list.append(...order);
    for (const row of this.rows) row.toggleAttribute("data-placed", placed.includes(row));
  }

  say(row, words) {
    const place = this.place(row);
    const detail = words ?? (place ? `Place ${place} of ${this.last}` : "No place");
    if (detail) document.dispatchEvent(new CustomEvent("announce", { detail }));
  }
}

customElements.define("item-order", ItemOrder);
