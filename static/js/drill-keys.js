// <drill-keys>: 1 to 9 choose an option of the question, Ctrl or Cmd with Enter checks it. They work while the focus is in
// it, so that no key does something by accident elsewhere; what goes on to the next question is the page's main action.

class DrillKeys extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", this);
  }

  disconnectedCallback() {
    this.removeEventListener("keydown", this);
  }

  handleEvent(event) {
    const form = this.querySelector("form");
    if (!form) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation(); // the page's main action is the next question: not yet
      form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    if (document.documentElement.dataset.shortcuts === "off") return; // the settings say so (WCAG 2.1.4)
    if (event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    // A case has several questions: the digit means the one that has the focus, else the first.
    const group = event.target.closest("fieldset") ?? form;
    const option = group.querySelectorAll("input[type=radio], input[type=checkbox]")[Number(event.key) - 1];
    if (!option) return;
    event.preventDefault();
    option.click();
    option.focus();
  }
}

customElements.define("drill-keys", DrillKeys);
