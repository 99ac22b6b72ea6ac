// Shell blocks of the guide get "Run" and "Insert" beside "Copy", where the page has a terminal of its own.
// Whoever wants a line run dispatches "skylab:run" {command, insert} on the document; the terminal listens.

import { textOf } from "./copy-button.js";

const words = document.getElementById("run-buttons");

function addRunButtons(root) {
  if (!words || !document.querySelector("lab-terminal")) return;
  for (const figure of root.querySelectorAll('#guide figure.code[data-run="sh"]:not(:has(.run-buttons))')) {
    const caption = figure.querySelector("figcaption");
    caption?.insertBefore(words.content.cloneNode(true), caption.querySelector(".copy"));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".run-buttons button");
  if (!button) return;
  const command = textOf(button.closest("figure").querySelector("pre"));
  document.dispatchEvent(new CustomEvent("skylab:run", { detail: { command, insert: button.classList.contains("insert") }, cancelable: true }));
});

// A button that names a tab shows it.
document.addEventListener("click", (event) => {
  const id = event.target.closest("[data-show-tab]")?.dataset.showTab;
  if (!id) return;
  document.getElementById(id)?.click();
  document.getElementById(id)?.focus();
});

addRunButtons(document);
document.addEventListener("htmx:load", () => addRunButtons(document));
document.addEventListener("keyed", () => addRunButtons(document));
