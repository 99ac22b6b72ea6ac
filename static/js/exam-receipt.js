// <exam-receipt attempt="…">: after the receipt this device's copy of the answers has no more use and is removed. What of
// it did not come in time is told, and stays until the candidate removes it: they may want to show it to somebody.

import { some } from "./exam-clock.js";
import { AnswerStore } from "./exam-store.js";

class ExamReceipt extends HTMLElement {
  async connectedCallback() {
    const kept = JSON.parse(document.getElementById("kept-answers").textContent);
    const store = await AnswerStore.open(this.getAttribute("attempt"));
    const late = (await store.all()).filter((entry) => !entry.quiet && entry.sequence > (kept[entry.place] ?? 0));
    if (late.length) this.#tell(late, store);
    else await store.remove();
    this.dataset.done = "";
  }

  #tell(late, store) {
    const box = this.querySelector("[data-unsent]");
    box.querySelector("[data-unsent-count]").textContent = some(late.length, "answer");
    box.querySelector("[data-unsent-places]").textContent = new Intl.ListFormat("en").format(late.map((entry) => String(entry.place + 1)));
    box.querySelector("[data-forget]").addEventListener("click", async () => {
      await store.remove();
      box.hidden = true;
    });
    box.hidden = false;
  }
}

customElements.define("exam-receipt", ExamReceipt);
