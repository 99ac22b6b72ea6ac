// Find a term: what is typed hides the others. Without this the page is the whole list.

const field = document.querySelector("[data-filter]");
const found = document.querySelector("[data-found]");
if (field) {
  field.hidden = false;
  const rows = [...document.querySelectorAll(".glossary-term")];
  let soon = 0;
  field.querySelector("input").addEventListener("input", (event) => {
    const words = event.target.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.words.includes(words);
    for (const letter of document.querySelectorAll("[data-letter]")) {
      letter.hidden = !letter.querySelector(".glossary-term:not([hidden])");
    }
    clearTimeout(soon);
    // Said once one has stopped typing, not at every key.
    soon = setTimeout(() => {
      const left = rows.filter((row) => !row.hidden).length;
      found.textContent = left === 1 ? "1 term" : `${left} terms`;
    }, 500);
  });
}
