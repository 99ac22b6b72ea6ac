// "Older calls" of the API log: more rows of the same list, kept in its filter form so that a refresh asks for them again.

document.addEventListener("click", (event) => {
  const more = event.target.closest("#panel-log [data-log-rows]");
  const filters = document.getElementById("log-filters");
  if (!more || !filters) return;
  event.preventDefault();
  filters.elements.rows.value = more.dataset.logRows;
  filters.elements.before.value = more.dataset.logBefore ?? "";
  htmx.trigger("#log", "refresh");
});

// Other filters begin at the newest call again; Enter in the words asks at once, on this page.
document.addEventListener("change", (event) => {
  const { form } = event.target;
  if (form?.id === "log-filters") form.elements.rows.value = form.elements.before.value = "";
}, true);
document.addEventListener("submit", (event) => {
  if (event.target.id !== "log-filters") return;
  event.preventDefault();
  htmx.trigger("#log", "refresh");
});

// A service that is called for the first time joins the choices.
document.addEventListener("keyed", (event) => {
  const choices = document.getElementById("log-service");
  if (event.target.id !== "log" || !choices) return;
  const known = new Set([...choices.options].map((option) => option.value));
  for (const name of event.target.querySelectorAll(".what b")) {
    const service = name.textContent.split(":")[0];
    if (!known.has(service)) choices.add(new Option(service, service));
    known.add(service);
  }
});
