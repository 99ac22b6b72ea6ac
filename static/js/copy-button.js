// <button class="copy" data-copy="#id"> copies that element's text; without a target, the code of its own figure.
// Code figures that come from Markdown get their button here.

const LABEL = "Copy";

function codeOf(button) {
  const target = button.dataset.copy && document.querySelector(button.dataset.copy);
  const source = target || button.closest("figure, .code")?.querySelector("pre code, pre");
  return source ? textOf(source) : "";
}

/** The text of a code block as one would type it: what is drawn as a prompt or as output is not part of it. */
export function textOf(source) {
  const copy = source.cloneNode(true);
  for (const noise of copy.querySelectorAll(".gp, .go, .linenos")) noise.remove();
  return (source.value ?? copy.textContent).replace(/\n+$/, "");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const label = button.querySelector(".copy-label") ?? button;
  try {
    await navigator.clipboard.writeText(codeOf(button));
    label.textContent = "Copied";
    button.dataset.done = "";
    document.dispatchEvent(new CustomEvent("announce", { detail: "Copied to the clipboard" }));
  } catch {
    label.textContent = "Press Ctrl+C";
    const range = document.createRange();
    range.selectNodeContents(button.closest("figure, .code")?.querySelector("pre") ?? label);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
  setTimeout(() => {
    label.textContent = LABEL;
    delete button.dataset.done;
  }, 2000);
});

export function addCopyButtons(root) {
  for (const figure of root.querySelectorAll("figure.code:not(:has(.copy))")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = LABEL;
    (figure.querySelector("figcaption") ?? figure).append(button);
  }
}

addCopyButtons(document);
document.addEventListener("htmx:load", (event) => addCopyButtons(event.detail.elt));
