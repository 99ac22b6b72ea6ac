// Single keys of the exam, and the switch that turns them off (WCAG 2.1.4). They are dead where something is typed or
// chosen from a list, under a dialog, and with Ctrl, Alt or ⌘.

const KEY = "skylab-exam-keys";
const TYPED = "input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select, [contenteditable]";

export function keysAreOn() {
  try {
    const chosen = localStorage.getItem(KEY); // in this browser; else as the settings say
    return chosen ? chosen === "on" : document.documentElement.dataset.shortcuts !== "off";
  } catch {
    return true;
  }
}

export function switchKeys(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // for this page only: the box shows it
  }
}

// `deeds`: what each key does: {n: () => …}.
export function listen(deeds, enabled) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !enabled()) return;
    if (document.querySelector("dialog[open]") || event.target.closest?.(TYPED)) return;
    const deed = deeds[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!deed) return;
    event.preventDefault();
    deed(event.key);
  });
}
