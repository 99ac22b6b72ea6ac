// The theme, before the first paint. Loaded in <head>, not deferred: a page must not flash in the wrong colours.
// Kept in this browser only (localStorage), never in a cookie.
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
  const apply = (choice) => {
    const wantsContrast = choice === "auto" && matchMedia("(prefers-contrast: more)").matches;
    root.dataset.theme = wantsContrast ? "contrast" : choice;
  };
  apply(stored());
  document.addEventListener("change", (event) => {
    if (event.target.name !== "theme") return;
    try {
      localStorage.setItem(KEY, event.target.value);
    } catch {
      // applied for this page only
    }
    apply(event.target.value);
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll('input[name="theme"]')) input.checked = input.value === stored();
  });
  addEventListener("storage", (event) => event.key === KEY && apply(stored()));
})();
