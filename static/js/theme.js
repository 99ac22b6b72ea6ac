// The theme, before the first paint. Loaded in <head>, not deferred: a page must not flash in the wrong colours.
// Who is signed in and chose one for their account has it in the page already (data-theme-kept); else it is kept in this
// browser only (localStorage), never in a cookie.
(() => {
  const root = document.documentElement;
  const KEY = "skylab-theme";
  const stored = () => {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto"; // storage is blocked: the system's theme is good enough
    }
  };
  const keep = (choice) => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // applied for this page only
    }
  };
  const chosen = () => root.dataset.themeKept || stored();
  const apply = (choice) => {
    const wantsContrast = choice === "auto" && matchMedia("(prefers-contrast: more)").matches;
    root.dataset.theme = wantsContrast ? "contrast" : choice;
  };
  if (root.dataset.themeKept) keep(root.dataset.themeKept); // the sign-in page of tomorrow looks the same
  apply(chosen());
  document.addEventListener("change", (event) => {
    if (event.target.name !== "theme" || !event.target.value) return;
    keep(event.target.value);
    if (root.dataset.themeKept) root.dataset.themeKept = event.target.value;
    apply(event.target.value);
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll('input[name="theme"]')) input.checked = input.value === chosen();
  });
  addEventListener("storage", (event) => event.key === KEY && !root.dataset.themeKept && apply(stored()));
})();
