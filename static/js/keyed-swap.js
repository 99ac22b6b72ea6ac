// hx-swap="keyed": of a list's children, matched by id, replace only those that the server sent otherwise than before.
// What a learner opened, focused or scrolled to in the others stays as it is, and what did change can be shown as changed.

const served = new WeakMap(); // child -> its HTML as it came, before this page changed anything in it

function merge(list, fresh) {
  const filled = list.childElementCount > 0;
  const old = new Map([...list.children].map((child) => [child.id, child]));
  const changed = [];
  let place = list.firstElementChild;
  for (const child of [...fresh.children]) {
    const before = old.get(child.id);
    old.delete(child.id);
    let stays = before;
    if (!before || served.get(before) !== child.outerHTML) {
      stays = child;
      served.set(child, child.outerHTML);
      changed.push(child);
      if (filled) child.dataset.changed = before ? "yes" : "new";
      if (before) {
        if (before === place) place = child;
        replace(before, child);
      }
    }
    if (stays === place) place = place.nextElementSibling;
    else list.insertBefore(stays, place);
  }
  for (const gone of old.values()) gone.remove();
  return changed;
}

function replace(before, after) {
  for (const details of after.querySelectorAll("details[id]")) {
    const twin = document.getElementById(details.id);
    if (twin) details.open ||= twin.open;
  }
  const focused = before.contains(document.activeElement) ? document.activeElement.id : "";
  const asked = [...before.querySelectorAll("dialog[open][id]")].map((dialog) => dialog.id);
  if (before.dataset.say === after.dataset.say) after.dataset.said = "";
  before.replaceWith(after);
  for (const id of asked) document.getElementById(id)?.showModal(); // a question that somebody reads stays asked
  if (focused) (document.getElementById(focused) ?? after.querySelector("summary"))?.focus({ preventScroll: true });
}

for (const list of document.querySelectorAll('[hx-swap="keyed"]')) {
  for (const child of list.children) served.set(child, child.outerHTML);
}

htmx.defineExtension("keyed", {
  isInlineSwap: (style) => style === "keyed",
  handleSwap: (style, list, fragment) => {
    if (style !== "keyed") return false;
    const changed = merge(list, fragment);
    list.dispatchEvent(new CustomEvent("keyed", { bubbles: true, detail: { changed } }));
    return changed; // htmx brings their hx- attributes to life
  },
});
