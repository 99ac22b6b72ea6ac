// <resource-explorer>: which service is open, which thing or form is in the drawer, and that it stays so while lists refresh.
// The server makes all HTML. The page's address says what is open: #resources=s3/bucket/my-bucket. What is typed is never
// touched by a refresh: a form is no live part; it is asked for, sent, and comes back with what was typed.

const WAIT = 300; // before a wait is shown
const TYPED = 250;

class ResourceExplorer extends HTMLElement {
  connectedCallback() {
    this.service = "";
    this.thing = null; // {service, kind, thing}
    this.drawer = this.querySelector("#ex-drawer");
    this.place = { thing: this.querySelector("#ex-thing"), form: this.querySelector("#ex-form") };
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("input", (event) => this.typed(event));
    this.addEventListener("change", (event) => this.typed(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("htmx:configRequest", (event) => this.configure(event));
    this.addEventListener("htmx:beforeSwap", (event) => this.beforeSwap(event));
    this.addEventListener("htmx:afterSwap", (event) => this.afterSwap(event));
    this.addEventListener("htmx:beforeRequest", (event) => this.wait(event, true));
    this.addEventListener("htmx:afterRequest", (event) => this.wait(event, false));
    this.addEventListener("keyed", (event) => this.keyed(event));
    for (const name of ["explorer-saved", "explorer-undone"]) document.body.addEventListener(name, (event) => this.saved(event));
    addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  // --- What is open ---

  follow() {
    const [, service, kind, ...rest] = /^#resources=([^/]*)\/?([^/]*)\/?(.*)$/.exec(location.hash) ?? [];
    if (service === undefined) return;
    const tab = document.getElementById("tab-resources");
    if (tab?.getAttribute("aria-selected") === "false") tab.click();
    const id = kind ? decodeURIComponent(rest.join("/")) : "";
    if (service !== this.service) this.open(service);
    if (id) this.show({ service, kind, thing: id });
    else if (!this.formIsOpen || !this.keepsForm) this.close({ quiet: true });
    this.keepsForm = false;
  }

  open(service) {
    this.service = service;
    for (const link of this.querySelectorAll("#ex-services [data-service]")) this.mark(link);
    this.refresh("resources");
  }

  mark(link) {
    if (link.dataset.service === this.service) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }

  show(thing) {
    const same = JSON.stringify(thing) === JSON.stringify(this.thing);
    this.thing = thing;
    if (!same) this.place.thing.replaceChildren();
    this.turn("thing");
    this.wants = "thing";
    this.refresh("ex-thing");
    this.markRow();
  }

  turn(part) {
    this.place.thing.hidden = part !== "thing";
    this.place.form.hidden = part !== "form";
    if (part !== "form") this.place.form.replaceChildren();
    this.drawer.hidden = !part;
    this.toggleAttribute("data-drawer", Boolean(part));
    const words = this.querySelector("#ex-back-words");
    if (words) words.textContent = part === "form" && this.thing ? this.thing.thing.split(/[/:]/).pop().slice(0, 30) : "Back to the list";
  }

  get formIsOpen() {
    return !this.place.form.hidden;
  }

  close({ quiet = false } = {}) {
    const row = this.thing && this.rowOf(this.thing);
    const back = this.opener?.isConnected ? this.opener : row?.querySelector("a.name");
    this.thing = null;
    this.turn("");
    this.markRow();
    if (!quiet) {
      history.replaceState(null, "", `#resources=${this.service}`);
      (back ?? this.querySelector("#resource-filter"))?.focus({ preventScroll: false });
    }
  }

  back() {
    if (this.formIsOpen && this.thing) {
      this.turn("thing");
      this.refresh("ex-thing");
      this.focusHeading(this.place.thing);
    } else this.close();
  }

  rowOf({ service, kind, thing }) {
    return [...this.querySelectorAll(".ex-thing-row a.name")].find((link) => link.dataset.thing === thing && link.dataset.kind === kind && link.dataset.service === service)?.closest("tr");
  }

  markRow() {
    const open = this.thing && this.rowOf(this.thing);
    for (const row of this.querySelectorAll(".ex-thing-row[aria-current]")) if (row !== open) row.removeAttribute("aria-current");
    open?.setAttribute("aria-current", "true");
  }

  // --- Asking ---

  refresh(id) {
    const part = document.getElementById(id);
    if (part && !part.closest("[hidden]")) htmx.trigger(part, "refresh");
    else if (part) part.dataset.stale = "";
  }

  configure(event) {
    const part = event.target.closest("[data-ex-part]");
    if (part !== event.target) return;
    if (part.id === "ex-thing") Object.assign(event.detail.parameters, this.thing ?? {});
    else if (this.service) event.detail.parameters.service = this.service;
    if (part.id === "ex-thing" && !this.thing) event.preventDefault();
  }

  wait(event, begins) {
    if (!event.target.matches?.("#ex-form, form, #ex-thing, #resources, resource-explorer")) return;
    clearTimeout(this.waiting);
    if (begins) this.waiting = setTimeout(() => this.toggleAttribute("data-waits", true), WAIT);
    else this.toggleAttribute("data-waits", false);
  }

  ask(url, parameters) {
    const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
    this.turn("form");
    this.place.form.replaceChildren();
    this.wants = "form";
    htmx.ajax("GET", `${url}?${query}`, { target: "#ex-form", source: this.place.form });
  }

  // --- What comes ---

  beforeSwap(event) {
    if (event.target.id === "ex-thing" || event.target.id === "resources") {
      // An answer about what is not open any more.
      const asked = new URL(event.detail.xhr.responseURL || location.href, location.href).searchParams;
      const open = event.target.id === "resources" ? this.service === (asked.get("service") ?? "") : this.thing?.thing === asked.get("thing");
      if (!open) event.detail.shouldSwap = false;
      // Another service is another list: nothing in it has "changed".
      const shown = event.target.querySelector("[data-service]")?.dataset.service;
      if (event.target.id === "resources" && shown && shown !== this.service) event.target.replaceChildren();
    }
  }

  keyed(event) {
    if (event.target.id === "resources") {
      if (!this.service) this.service = event.target.querySelector(".ex-service")?.dataset.service ?? "";
      this.markRow();
    }
    if (event.target.id === "ex-services") {
      for (const link of this.querySelectorAll("#ex-services [data-service]")) this.mark(link);
      this.find();
    }
    if (event.target.id === "ex-thing" && this.wants === "thing") {
      this.wants = "";
      this.focusHeading(this.place.thing);
    }
  }

  afterSwap(event) {
    if (event.target !== this.place.form) return;
    const complaint = this.place.form.querySelector("[aria-invalid], .errorlist, #ex-fault");
    const field = complaint?.matches("#ex-fault") ? null : (this.place.form.querySelector('[aria-invalid="true"]') ?? complaint?.parentElement.querySelector("input, select, textarea"));
    this.when();
    if (field) field.focus();
    else if (complaint) this.place.form.scrollTo({ top: 0 }), this.focusHeading(this.place.form);
    else if (this.wants === "form") (this.place.form.querySelector("input:not([type=hidden]), select, textarea") ?? this.place.form.querySelector("button[type=submit]"))?.focus({ preventScroll: true });
    else this.focusHeading(this.place.form);
    this.wants = "";
  }

  focusHeading(root) {
    const heading = root.querySelector("[data-ex-heading]");
    heading?.focus({ preventScroll: true });
    root.scrollTop = 0;
  }

  saved() {
    // The API's own answer is there already; the lists need not wait for the event that tells all pages.
    for (const id of ["resources", "ex-services"]) this.refresh(id);
    this.wants = "";
  }

  // --- Hands ---

  click(event) {
    const at = event.target;
    const action = at.closest("[data-ex-action]");
    if (action) {
      const { exAction, service, kind, thing, row } = action.dataset;
      this.opener = action;
      return this.ask(this.dataset.form, { service, kind, action: exAction, thing, row });
    }
    const any = at.closest("[data-ex-operations]");
    if (any) {
      this.opener = any;
      this.thing = null;
      return this.ask(this.dataset.operations, { service: any.dataset.exOperations });
    }
    if (at.closest("[data-ex-cancel], #ex-back")) return this.back();
    if (at.closest("#ex-close")) return this.close();
    const add = at.closest("[data-ex-add]");
    if (add) return this.addRow(add);
    const remove = at.closest("[data-ex-remove]");
    if (remove) return this.removeRow(remove);
    const starter = at.closest("[data-ex-starter]");
    if (starter) return this.startWith(starter);
    const link = at.closest('a[href^="#resources="]');
    // The address may be the one that is open already: then there is no hashchange.
    if (link && link.hash === location.hash) {
      event.preventDefault();
      this.follow();
    } else if (link) this.opener = link.closest("tr") ? link : this.opener;
  }

  key(event) {
    if (event.key === "Escape" && !this.drawer.hidden && this.drawer.contains(event.target)) {
      if (event.target.matches("input[type=search]") && event.target.value) return;
      event.preventDefault();
      this.back();
    }
    // In a form, Ctrl+Enter saves it: what the page calls its main action waits outside.
    const form = event.target.closest("form");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form && this.contains(form)) {
      event.preventDefault();
      event.stopPropagation();
      form.requestSubmit();
    }
    if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.matches("a.name, .ex-services a")) {
      const links = [...this.querySelectorAll(event.target.matches("a.name") ? "tr:not([hidden]) a.name" : ".ex-services a")].filter((link) => link.checkVisibility?.() ?? true);
      const next = links[links.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) event.preventDefault();
      next?.focus();
    }
  }

  typed(event) {
    if (event.target.id === "ex-find") return this.find();
    if (!event.target.closest("#ex-the-form")) return;
    this.when();
    this.tell();
  }

  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const form = this.querySelector("#ex-the-form");
      if (form) htmx.trigger(form, "ex-typed");
    }, TYPED);
  }

  // Fields that belong to another field's value: shown while it has it. The server decides the same when it reads the form.
  when() {
    const form = this.querySelector("#ex-the-form");
    if (!form) return;
    const data = new FormData(form);
    for (const field of form.querySelectorAll("[data-when]")) {
      const names = [field.dataset.when, `f.${field.dataset.when.split(".").pop()}`];
      const said = data.get(names.find((name) => data.has(name)) ?? names[0]) ?? "";
      const values = field.dataset.whenValues ? field.dataset.whenValues.split("|") : null;
      field.hidden = values ? !values.includes(said) : !said;
    }
  }

  find() {
    const words = this.querySelector("#ex-find").value.toLowerCase().trim();
    for (const item of this.querySelectorAll(".ex-services li:not(.ex-rest)")) item.hidden = !item.textContent.toLowerCase().includes(words) && !item.querySelector("a").dataset.service.includes(words);
    const rest = this.querySelector("#ex-rest");
    if (rest && words) rest.open = true;
  }

  addRow(button) {
    const rows = button.closest("fieldset").querySelector(":scope > .ex-rows");
    const template = rows.querySelector(":scope > template");
    const place = Number(rows.dataset.next);
    rows.dataset.next = place + 1;
    const fresh = template.content.cloneNode(true);
    number(fresh, place);
    const added = fresh.firstElementChild;
    template.before(fresh);
    this.when();
    added.querySelector("input, select, textarea")?.focus();
    this.tell();
  }

  removeRow(button) {
    const row = button.closest(".ex-row");
    const next = row.nextElementSibling?.querySelector?.("input, select, textarea") ?? row.closest("fieldset").querySelector(":scope > [data-ex-add]");
    row.remove();
    next?.focus();
    this.tell();
  }

  startWith(button) {
    const field = document.getElementById(button.dataset.exStarter);
    field.focus();
    field.select();
    // As if it were typed: the browser's own undo brings back what was there.
    if (!document.execCommand("insertText", false, button.dataset.text)) field.value = button.dataset.text;
    this.typed({ target: field });
  }
}

// Puts a new row's number in its names and ids. Of rows within rows only the outermost number is this row's.
function number(root, place) {
  for (const one of root.querySelectorAll("*")) {
    for (const attribute of [...one.attributes]) {
      if (attribute.value.includes("XiX")) one.setAttribute(attribute.name, attribute.value.replace(/\S+/g, (word) => word.replace("XiX", place)));
    }
    if (one.localName === "template") number(one.content, place);
  }
}

customElements.define("resource-explorer", ResourceExplorer);
