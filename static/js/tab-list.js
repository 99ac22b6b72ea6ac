// <tab-list>: tabs as the ARIA Authoring Practices describe them. Arrows move and select, Home and End jump.
// The choice is kept in this browser where the element has a `name`. A panel that is shown gets a "shown" event.

class TabList extends HTMLElement {
  connectedCallback() {
    this.tabs = [...this.querySelectorAll(':scope [role="tab"]')];
    this.addEventListener("click", (event) => {
      const tab = event.target.closest('[role="tab"]');
      if (tab) this.select(tab);
    });
    this.addEventListener("keydown", (event) => this.move(event));
    const kept = this.kept();
    this.select(this.tabs.find((tab) => tab.id === kept) ?? this.tabs.find((tab) => tab.ariaSelected === "true") ?? this.tabs[0]);
  }

  // scope="page": kept for this page while the browser's tab is open; otherwise a preference, kept for all pages.
  get place() {
    const ofPage = this.getAttribute("scope") === "page";
    const name = `skylab-tab-${this.getAttribute("name")}${ofPage ? location.pathname : ""}`;
    return [ofPage ? sessionStorage : localStorage, name];
  }

  kept() {
    if (!this.hasAttribute("name")) return null;
    try {
      const [storage, name] = this.place;
      return storage.getItem(name);
    } catch {
      return null; // storage is blocked
    }
  }

  select(chosen) {
    for (const tab of this.tabs) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls"));
      if (!panel) continue;
      panel.hidden = !on;
      if (on) panel.dispatchEvent(new CustomEvent("shown", { bubbles: true }));
    }
    this.dispatchEvent(new CustomEvent("tab", { bubbles: true, detail: chosen?.id }));
    if (!this.hasAttribute("name") || !chosen) return;
    try {
      const [storage, name] = this.place;
      storage.setItem(name, chosen.id);
    } catch {
      // not kept, still chosen
    }
  }

  move(event) {
    const at = this.tabs.indexOf(document.activeElement);
    if (at < 0) return;
    const last = this.tabs.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.select(this.tabs[to]);
    this.tabs[to].focus();
  }
}

customElements.define("tab-list", TabList);
