// The editor of `edit FILE`: CodeMirror in a dialog, loaded when it is first asked for.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { jsonParseLinter } from "@codemirror/lang-json";
import { linter, lintGutter } from "@codemirror/lint";
import { tags } from "@lezer/highlight";

const MODES = {
  json: () => [json(), linter(jsonWhenWritten), lintGutter()],
  yaml: () => yaml(),
  yml: () => yaml(),
  py: () => python(),
  md: () => markdown(),
  sh: () => StreamLanguage.define(shell),
};
const MOST = 1_000_000; // characters: beyond it no editor in a page is a pleasure

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.bool, tags.null], color: "var(--syn-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syn-string)" },
  { tag: [tags.number], color: "var(--syn-number)" },
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.function(tags.variableName), tags.className, tags.heading], color: "var(--syn-name)" },
  { tag: [tags.comment, tags.meta], color: "var(--syn-comment)" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
]);
const look = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--text-sm)", color: "var(--ink)", backgroundColor: "var(--code)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--ink)", padding: "var(--s-2) 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--code)", color: "var(--ink-3)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-textfield": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-field)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-2)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line-2)" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent-line)" },
});

const parsed = jsonParseLinter();
const jsonWhenWritten = (view) => (view.state.doc.toString().trim() ? parsed(view) : []);

/** Edit a file until the dialog is closed; return what a command returns. */
export async function edit({ path, shown, fs, nonce, signal }) {
  let before = null;
  try {
    const about = await fs.stat(path);
    if (about.isDirectory === true || about.isDirectory?.() === true || about.type === "directory") return refused(`edit: ${shown}: is a directory`);
    const data = await fs.read(path);
    before = typeof data === "string" ? data : new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch (error) {
    if (error instanceof TypeError) return refused(`edit: ${shown} is not text`);
  }
  if ((before ?? "").length > MOST) return refused(`edit: ${shown} is too large for the editor; use head, sed or jq`);
  return new Promise((resolve) => open({ path, shown, fs, nonce, signal, before, resolve }));
}

const refused = (sentence) => ({ stdout: "", stderr: `${sentence}\n`, exitCode: 1 });

function open({ path, shown, fs, nonce, signal, before, resolve }) {
  const dialog = document.getElementById("editor-dialog");
  const state = dialog.querySelector("[data-state]");
  const warning = dialog.querySelector("[data-unsaved]");
  let saved = before;
  let bytes = null;
  dialog.querySelector("[data-file]").textContent = shown;

  const mark = () => {
    const same = view.state.doc.toString() === (saved ?? "");
    state.textContent = same ? (bytes === null ? (before === null ? "New file" : "Not changed") : `Saved, ${bytes} bytes`) : "Not saved yet";
    warning.hidden = true;
  };
  const save = async () => {
    const text = view.state.doc.toString();
    const ended = text && !text.endsWith("\n") ? `${text}\n` : text;
    const data = new TextEncoder().encode(ended);
    try {
      await fs.write(path, data);
    } catch (error) {
      state.textContent = `Could not be saved: ${error.message}`;
      return false;
    }
    saved = text;
    bytes = data.length;
    mark();
    document.dispatchEvent(new CustomEvent("announce", { detail: `Saved ${shown}` }));
    return true;
  };
  const close = async (how) => {
    const dirty = view.state.doc.toString() !== (saved ?? "");
    if (how === "save" && !(await save())) return;
    if (how === "leave" && dirty && warning.hidden) {
      warning.hidden = false;
      warning.querySelector("button").focus();
      return;
    }
    dialog.close();
  };

  const mode = MODES[path.split(".").at(-1).toLowerCase()];
  const view = new EditorView({
    parent: dialog.querySelector("[data-editor]"),
    state: EditorState.create({
      doc: before ?? "",
      extensions: [
        EditorView.cspNonce.of(nonce),
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        drawSelection(),
        history(),
        indentOnInput(),
        bracketMatching(),
        highlightSelectionMatches(),
        search({ top: true }),
        syntaxHighlighting(colours),
        look,
        mode ? mode() : [],
        EditorState.tabSize.of(2),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": `Text of ${shown}`, spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
        EditorView.updateListener.of((update) => update.docChanged && mark()),
        keymap.of([
          { key: "Mod-s", run: () => (save(), true), preventDefault: true },
          { key: "Mod-Enter", run: () => (close("save"), true) },
          ...searchKeymap,
          ...historyKeymap,
          indentWithTab, // Ctrl+M gives Tab back to the page, and the dialog says so
          ...defaultKeymap,
        ]),
      ],
    }),
  });
  mark();

  const pressed = (event) => {
    if (event.target === dialog) {
      event.stopPropagation(); // beside it: elsewhere that closes a dialog, here it could lose a text
      return close("leave");
    }
    const how = event.target.closest("[data-how]")?.dataset.how;
    if (how === "save-only") save();
    else if (how === "discard") dialog.close();
    else if (how) close(how);
  };
  const keyed = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      const handled = event.defaultPrevented; // by the editor's own key
      event.preventDefault();
      if (!handled) save();
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") event.stopPropagation();
  };
  const cancelled = (event) => {
    event.preventDefault(); // Esc closes nothing that is not saved
    close("leave");
  };
  const stopped = () => dialog.close();
  dialog.addEventListener("click", pressed);
  dialog.addEventListener("keydown", keyed);
  dialog.addEventListener("cancel", cancelled);
  signal?.addEventListener("abort", stopped, { once: true });
  dialog.addEventListener(
    "close",
    () => {
      dialog.removeEventListener("click", pressed);
      dialog.removeEventListener("keydown", keyed);
      dialog.removeEventListener("cancel", cancelled);
      signal?.removeEventListener("abort", stopped);
      view.destroy();
      resolve({ stdout: bytes === null ? `${shown} was not changed.\n` : `Saved ${shown} (${bytes} bytes).\n`, stderr: "", exitCode: 0 });
    },
    { once: true },
  );
  dialog.showModal();
  view.focus();
}
