// The dialogs that the page holds for the terminal: its words are in the template (labs/_terminal_dialogs.html).

export class Dialogs {
  /** Show what is about to be pasted; return it, changed perhaps, or null. */
  paste(text, dropped) {
    const dialog = document.getElementById("paste-dialog");
    const field = dialog.querySelector("textarea");
    field.value = text;
    field.rows = Math.min(14, Math.max(3, text.split("\n").length + 1));
    dialog.querySelector("[data-count]").textContent = String(text.split("\n").length);
    dialog.querySelector("[data-dropped]").hidden = !dropped;
    dialog.showModal();
    field.setSelectionRange(0, 0);
    return new Promise((resolve) => {
      const pressed = (event) => {
        if (!event.target.closest("[data-paste]")) return;
        dialog.returnValue = "paste";
        dialog.close("paste");
      };
      dialog.returnValue = "";
      dialog.addEventListener("click", pressed);
      dialog.addEventListener(
        "close",
        () => {
          dialog.removeEventListener("click", pressed);
          resolve(dialog.returnValue === "paste" ? field.value : null);
        },
        { once: true },
      );
    });
  }
}
