// What every page has: dialogs, toasts that close, forms that are sent once, menus that close after a choice.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    opener.closest("[popover]")?.hidePopover();
    document.getElementById(opener.dataset.dialog)?.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog, .toast")?.[event.target.closest(".toast") ? "remove" : "close"]();
  // A click on the backdrop is a click on the dialog itself.
  if (event.target.nodeName === "DIALOG") event.target.close();
});

// A second click on a button whose request is under way must not ask twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // The page stays, so the dialog that asked must go: now, as htmx forgets a button that has lost the focus before.
  if (form.hasAttribute("hx-post")) event.submitter?.closest("dialog")?.close();
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Ctrl or Cmd with Enter presses what the page calls its main action.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const main = document.querySelector("[data-main-action]:not(:disabled)");
  if (!main) return;
  event.preventDefault();
  main.click();
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("kbd")) key.textContent = key.textContent.replace("Ctrl", "⌘");
}

// Polite news: a fresh node each time, as a changed text alone is not read again.
document.addEventListener("announce", (event) => {
  const region = document.getElementById("announcer");
  if (!region) return;
  const line = document.createElement("p");
  line.textContent = event.detail?.value ?? event.detail;
  region.replaceChildren(line);
});

// The network, not the learner, is at fault: say so once, and quietly.
document.addEventListener("htmx:sendError", () => {
  const toasts = document.getElementById("toasts");
  const template = document.getElementById("toast-offline");
  if (!toasts || !template || toasts.querySelector(".offline")) return;
  toasts.append(template.content.cloneNode(true));
});
document.addEventListener("htmx:afterOnLoad", () => document.querySelector("#toasts .offline")?.remove());

// The time zone of this machine's clock, for pages that the server writes: it is used where the settings name none.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`skylab-zone=${zone}`)) {
  document.cookie = `skylab-zone=${zone};path=/;max-age=31536000;samesite=lax`;
}
