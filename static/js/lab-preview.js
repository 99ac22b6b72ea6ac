// The preview of a lab: draws itself anew when its files have changed. What was open stays open.

const KEY = `preview ${location.pathname}`;
const bar = document.querySelector("[data-version]");
const parts = () => [...document.querySelectorAll("main details[id]")];

const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
if (kept) for (const one of parts()) one.open = kept.includes(one.id);

const keep = () => sessionStorage.setItem(KEY, JSON.stringify(parts().filter((one) => one.open).map((one) => one.id)));
document.addEventListener("toggle", keep, true);

// The server says the version at once, and at each change: nothing is missed while the page was being drawn.
const events = new EventSource("/events");
events.addEventListener("message", (event) => {
  if (event.data === bar.dataset.version) return;
  events.close();
  location.reload();
});
