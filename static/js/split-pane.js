// <split-pane>: two panes and a separator that the mouse, a finger or the keyboard moves. The width is kept.

const KEY = "skylab-split";
const [LEAST, MOST, USUAL] = [26, 66, 40];

class SplitPane extends HTMLElement {
  connectedCallback() {
    this.handle = this.querySelector(':scope > [role="separator"]');
    let kept = NaN;
    try {
      kept = parseFloat(localStorage.getItem(KEY));
    } catch {
      // not kept
    }
    this.set(Number.isNaN(kept) ? USUAL : kept);
    this.handle.addEventListener("pointerdown", (event) => {
      this.handle.setPointerCapture(event.pointerId);
      this.dataset.moving = "";
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (!this.handle.hasPointerCapture(event.pointerId)) return;
      const box = this.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width) * 100;
      this.set(getComputedStyle(this).direction === "rtl" ? 100 - share : share);
    });
    this.handle.addEventListener("lostpointercapture", () => {
      delete this.dataset.moving;
      this.keep();
    });
    this.handle.addEventListener("dblclick", () => this.set(USUAL) && this.keep());
    this.handle.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: this.value - 2, ArrowRight: this.value + 2, Home: LEAST, End: MOST, Enter: USUAL }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.set(to);
      this.keep();
    });
  }

  set(share) {
    this.value = Math.min(MOST, Math.max(LEAST, Math.round(share * 10) / 10));
    this.style.setProperty("--split", `${this.value}%`);
    this.handle.setAttribute("aria-valuenow", String(Math.round(this.value)));
    return true;
  }

  keep() {
    try {
      localStorage.setItem(KEY, String(this.value));
    } catch {
      // not kept
    }
  }
}

customElements.define("split-pane", SplitPane);
