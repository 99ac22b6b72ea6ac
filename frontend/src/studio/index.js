// The editors of the Studio: CodeMirror in place of the fields of <studio-draft> (static/js/studio.js), which stay what is
// sent. Loaded on that page alone. Tab indents; Escape, and Tab is the page's again: said below the field.

import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { yamlFrontmatter } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { completion } from "./complete.js";

const TAB_FREE = 60_000; // milliseconds that Escape gives Tab back to the page; any other key takes it again

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.bool, tags.null], color: "var(--syn-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.monospace], color: "var(--syn-string)" },
  { tag: [tags.number], color: "var(--syn-number)" },
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.function(tags.variableName), tags.className, tags.heading], color: "var(--syn-name)" },
  { tag: [tags.comment, tags.meta, tags.labelName], color: "var(--syn-comment)" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { fontSize: "var(--text-sm)", color: "var(--ink)", backgroundColor: "var(--code)", border: "1px solid var(--line-field)", borderRadius: "var(--r-2)", maxHeight: "var(--studio-height, 40rem)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)", padding: "var(--s-2) 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--code)", color: "var(--ink-3)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-textfield": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-field)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line-2)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line-2)", maxWidth: "min(34rem, 90vw)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-fill)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "1", marginLeft: "1em" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent-line)" },
  ".cm-diagnostic": { padding: "var(--s-2) var(--s-3)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--danger)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--notyet)" },
});

const MODES = {
  lab: (words) => [yamlFrontmatter({ content: markdown() }), autocompletion({ override: [completion(words)], icons: false })],
  python: () => [python(), closeBrackets()],
};

async function replace(field, { words, nonce, draft }) {
  let quiet = false;
  const write = (text) => {
    quiet = true;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    quiet = false;
  };
  const place = document.createElement("div");
  place.className = "studio-editor";
  field.after(place);
  const view = new EditorView({
    parent: place,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        EditorView.cspNonce.of(nonce),
        lineNumbers(),
        lintGutter(),
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
        MODES[field.dataset.language](words),
        EditorState.tabSize.of(2),
        EditorState.readOnly.of(field.readOnly),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          "aria-label": `Text of ${field.name}`,
          "aria-describedby": "editor-help",
          tabindex: "0", // it can be written in, and so come to: said for those who ask only for this
          spellcheck: "false",
          autocapitalize: "off",
          autocorrect: "off",
        }),
        EditorView.updateListener.of((update) => update.docChanged && write(update.state.doc.toString())),
        keymap.of([
          ...completionKeymap, // Escape closes a list first
          ...searchKeymap,
          { key: "Escape", run: (target) => (target.setTabFocusMode(TAB_FREE), true) },
          ...lintKeymap,
          ...historyKeymap,
          indentWithTab,
          ...defaultKeymap,
        ]),
      ],
    }),
  });
  field.hidden = true;
  field.labels?.[0]?.addEventListener("click", (event) => (event.preventDefault(), view.focus()));
  field.addEventListener("input", () => {
    // Changed by somebody else: a test, a browser's own restore
    if (!quiet && field.value !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: field.value } });
  });
  field.addEventListener("goto", (event) => {
    event.preventDefault();
    const line = view.state.doc.line(Math.min(Math.max(1, event.detail), view.state.doc.lines));
    view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    view.focus();
  });
  const mark = (findings) => {
    const { doc } = view.state;
    const own = findings.filter((one) => one.file === field.name);
    const marks = own.map((one) => {
      const line = doc.line(Math.min(Math.max(1, one.line), doc.lines));
      return { from: line.from, to: line.to, severity: one.warning ? "warning" : "error", source: one.id, message: one.message + (one.hint ? ` (${one.hint})` : "") };
    });
    view.dispatch(setDiagnostics(view.state, marks));
  };
  draft.addEventListener("findings", (event) => mark(event.detail));
  mark(draft.findings ?? []);
}

async function begin() {
  const draft = document.querySelector("studio-draft");
  if (!draft) return;
  await customElements.whenDefined("studio-draft");
  const words = fetch(draft.getAttribute("words"), { headers: { Accept: "application/json" } })
    .then((answer) => answer.json())
    .catch(() => null); // then there is no completion
  for (const field of draft.querySelectorAll("textarea[data-language]")) await replace(field, { words, nonce: draft.nonce || draft.getAttribute("nonce"), draft });
  draft.querySelector("[data-plain]").hidden = true;
  draft.querySelector("[data-rich]").hidden = false;
  draft.dataset.ready = "";
}

begin();
