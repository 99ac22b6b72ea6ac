// Keys of the workspace: "?" shows them all. Single keys can be switched off (WCAG 2.1.4), and do nothing where one types.

const KEY = "skylab-shortcuts";
const WAIT = 1500; // milliseconds between "g" and the letter after it
const dialog = document.getElementById("shortcuts-dialog");
const toggle = dialog?.querySelector("input[type=checkbox]");
let went = 0;

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

let on = (stored() ?? dialog?.dataset.default ?? "on") === "on";
if (toggle) {
  toggle.checked = on;
  toggle.addEventListener("change", () => {
    on = toggle.checked;
    try {
      localStorage.setItem(KEY, on ? "on" : "off");
    } catch {
      // for this page only
    }
  });
}

function typing(target) {
  return Boolean(target.closest?.("input, textarea, select, [contenteditable=''], [contenteditable='true'], dialog[open], [role=menu], .xterm"));
}

function show(pane) {
  document.querySelector(`button[data-pane="${pane}"]`)?.click();
}

function tab(id) {
  const found = document.getElementById(id);
  if (!found) return;
  show("bench");
  found.click();
  found.focus();
}

const PLACES = {
  t: () => {
    tab("tab-terminal");
    document.dispatchEvent(new CustomEvent("skylab:terminal"));
  },
  r: () => tab("tab-resources"),
  d: () => tab("tab-diagram"),
  l: () => tab("tab-log"),
  b: () => tab("tab-inbox"),
  h: () => tab("tab-history"),
  c: () => tab("tab-connect"),
  i: () => {
    show("guide");
    document.getElementById("guide")?.focus();
  },
};

/** Open the task after (1) or before (-1) the one that has the focus. */
function task(by) {
  show("guide");
  const all = [...document.querySelectorAll("#tasks .task > details > summary")];
  if (!all.length) return;
  const at = all.findIndex((summary) => summary.closest(".task").contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next.parentElement.open = true;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (!on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const follows = event.timeStamp - went < WAIT;
  went = 0;
  if (follows && PLACES[event.key]) PLACES[event.key]();
  else if (event.key === "g") {
    went = event.timeStamp;
    return;
  } else if (event.key === "?") dialog?.showModal();
  else if (event.key === "]" || event.key === "[") task(event.key === "]" ? 1 : -1);
  else return;
  event.preventDefault();
});
