// A lesson as it is read: where one is in it, what a word means, and the focus after an answer.

const lesson = document.querySelector("[data-lesson]");

// --- Where one is -----------------------------------------------------------------------------------------------

const links = new Map();
for (const link of document.querySelectorAll(".toc a")) {
  const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (heading) links.set(heading, link);
}
let here = null;

function follow() {
  // The last heading above the upper third of the window is where one is.
  const line = innerHeight / 3;
  here = [...links.keys()].filter((heading) => heading.getBoundingClientRect().top < line).at(-1) ?? null;
  const marked = here ?? links.keys().next().value;
  for (const [heading, link] of links) {
    if (heading === marked) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const current = links.get(marked);
  const list = current?.closest("nav");
  // The list follows where it scrolls by itself; the page never moves for it.
  if (list && list.scrollHeight > list.clientHeight) {
    const box = current.getBoundingClientRect();
    const frame = list.getBoundingClientRect();
    if (box.top < frame.top || box.bottom > frame.bottom) list.scrollTop += box.top - frame.top - frame.height / 3;
  }
}

const bar = document.querySelector("[data-reading]");
let furthest = Number(bar?.value ?? 0);

function percentRead() {
  const box = lesson.getBoundingClientRect();
  return Math.max(0, Math.min(100, Math.round((100 * (innerHeight - box.top)) / box.height)));
}

// --- Kept, so that one goes on there --------------------------------------------------------------------------------

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
let kept = `${furthest}`;

function keep() {
  if (!lesson?.dataset.place || !moved) return;
  const body = new URLSearchParams({ anchor: here?.id ?? "", percent: String(furthest) });
  if (kept === body.toString()) return;
  kept = body.toString();
  // It may be the last that this page does. Whether it came through is nobody's concern: the next look says it again.
  fetch(lesson.dataset.place, { method: "POST", body, keepalive: true, headers: { "X-CSRFToken": token() } }).catch(() => {});
}

let moved = false;
let framed = false;
let soon = 0;
if (lesson || links.size) {
  const look = () => {
    framed = false;
    if (links.size) follow();
    if (!lesson) return;
    furthest = Math.max(furthest, percentRead());
    if (bar) bar.value = furthest;
  };
  addEventListener("scroll", () => {
    moved = true;
    if (!framed) requestAnimationFrame(look);
    framed = true;
    clearTimeout(soon);
    soon = setTimeout(keep, 3000);
  }, { passive: true });
  addEventListener("resize", look);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());
  look();
}

const narrow = matchMedia("(max-width: 1079px)");
const toc = document.querySelector("[data-toc]");
const fold = () => toc && (toc.open = !narrow.matches);
narrow.addEventListener("change", fold);
fold();

// --- What a word means ------------------------------------------------------------------------------------------------
// A term is a link to the glossary. Here its definition comes up at the word: by pointer, by focus, by touch.

const GAP = 6;
let shown = null; // {card, link}
let leaving = 0;

function place(card, link) {
  const word = link.getClientRects()[0] ?? link.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = card;
  const left = Math.max(GAP, Math.min(word.left, innerWidth - wide - GAP));
  const below = word.bottom + GAP;
  card.style.left = `${left}px`;
  card.style.top = `${below + high > innerHeight ? Math.max(GAP, word.top - high - GAP) : below}px`;
}

function show(link) {
  const card = document.getElementById(link.getAttribute("aria-describedby"));
  clearTimeout(leaving);
  if (!card || shown?.card === card) return;
  hide();
  card.showPopover();
  place(card, link);
  shown = { card, link };
}

function hide() {
  clearTimeout(leaving);
  if (shown?.card.matches(":popover-open")) shown.card.hidePopover();
  shown = null;
}

function hideSoon() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, 250); // time to move the pointer onto the definition
}

for (const link of document.querySelectorAll("a.term")) {
  link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
  link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hideSoon());
  link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
  link.addEventListener("blur", (event) => !shown?.card.contains(event.relatedTarget) && hideSoon());
  link.addEventListener("click", (event) => {
    if (event.pointerType !== "touch" || shown?.link === link) return;
    event.preventDefault();
    show(link);
  });
}
for (const card of document.querySelectorAll(".definition-card")) {
  card.addEventListener("pointerenter", () => clearTimeout(leaving));
  card.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hideSoon());
  card.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && shown?.card === card) shown = null;
  });
}
addEventListener("scroll", () => shown && hide(), { passive: true });

// --- After an answer the result is where reading goes on; the page does not jump --------------------------------------

document.addEventListener("htmx:load", (event) => {
  event.detail.elt.querySelector?.("[data-focus]")?.focus({ preventScroll: true });
});

const print_ = document.querySelector("[data-print]");
if (print_) {
  print_.hidden = false;
  print_.addEventListener("click", () => print());
}
