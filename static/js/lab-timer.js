// <lab-timer expires="unix ms" now="unix ms">: counts down by the server's clock, whatever this machine's clock says.
// It is shown each second and spoken only at ten, five and one minutes.

const WARN_AT = [10, 5, 1];

class LabTimer extends HTMLElement {
  static observedAttributes = ["expires", "now"];

  connectedCallback() {
    this.read();
    this.clock = setInterval(() => this.tick(), 1000);
    this.wake = () => document.hidden || this.tick();
    document.addEventListener("visibilitychange", this.wake);
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    document.removeEventListener("visibilitychange", this.wake);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.read();
  }

  read() {
    this.ahead = Number(this.getAttribute("now")) - Date.now();
    this.expires = Number(this.getAttribute("expires"));
    const left = this.left();
    // What has gone by already is not news.
    this.due = WARN_AT.filter((minutes) => left > minutes * 60);
    this.tick();
  }

  left() {
    return Math.max(0, Math.round((this.expires - Date.now() - this.ahead) / 1000));
  }

  tick() {
    const left = this.left();
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const two = (number) => String(number).padStart(2, "0");
    const text = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
    const face = this.querySelector("[data-face]");
    if (face && face.textContent !== text) face.textContent = text;
    this.toggleAttribute("data-near", left <= 600);
    // A tab that slept missed some: one warning, that of the minutes that are left now.
    const passed = this.due.filter((minutes) => left <= minutes * 60);
    if (passed.length && left > 0) {
      this.due = this.due.filter((minutes) => left > minutes * 60);
      const minutes = Math.min(passed[passed.length - 1], Math.max(1, Math.ceil(left / 60)));
      this.dispatchEvent(new CustomEvent("time-warning", { bubbles: true, detail: { minutes } }));
    }
    if (left === 0 && !this.over) {
      this.over = true;
      this.dispatchEvent(new CustomEvent("time-over", { bubbles: true }));
    }
    if (left > 0) this.over = false;
  }
}

customElements.define("lab-timer", LabTimer);
