// The Inbox tab: what is shown has been seen. The number on the tab goes; the marks stay until the list comes anew.

const list = document.getElementById("inbox");

function note() {
  if (!list?.dataset.seen || list.closest("[hidden]")) return;
  const newest = list.querySelector("[data-new]")?.dataset.at;
  if (!newest || newest === list.dataset.told) return;
  list.dataset.told = newest;
  htmx.ajax("POST", list.dataset.seen, { target: "#inbox-count", swap: "outerHTML", values: { until: newest } });
}

if (list) {
  list.addEventListener("keyed", note);
  list.closest('[role="tabpanel"]')?.addEventListener("shown", () => {
    if (list.childElementCount) note();
    else htmx.trigger(list, "refresh");
  });
}
