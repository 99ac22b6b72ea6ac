// A lesson as it is read: where one is in it, what to do with a command, and the focus after an answer.

const RUN_NOTE = "A command to run in a lab: open one, copy it, paste it into your terminal.";

for (const figure of document.querySelectorAll('figure.code[data-run="sh"] > figcaption')) {
  const note = document.createElement("span");
  note.className = "run-in";
  note.textContent = "Run in a lab";
  note.title = RUN_NOTE;
  figure.insertBefore(note, figure.querySelector(".copy"));
}

const links = new Map();
for (const link of document.querySelectorAll(".toc a")) {
  const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (heading) links.set(heading, link);
}
const inView = new IntersectionObserver(
  () => {
    // The last heading above the upper third of the window is where one is.
    const line = innerHeight / 3;
    const passed = [...links.keys()].filter((heading) => heading.getBoundingClientRect().top < line);
    const here = passed.at(-1) ?? [...links.keys()][0];
    for (const [heading, link] of links) {
      if (heading === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  },
  { rootMargin: "0px 0px -66% 0px", threshold: [0, 1] },
);
for (const heading of links.keys()) inView.observe(heading);

const narrow = matchMedia("(max-width: 1079px)");
const toc = document.querySelector("[data-toc]");
const fold = () => toc && (toc.open = !narrow.matches);
narrow.addEventListener("change", fold);
fold();

// After an answer the result is where reading goes on; the page does not jump.
document.addEventListener("htmx:load", (event) => {
  event.detail.elt.querySelector?.("[data-focus]")?.focus({ preventScroll: true });
});
