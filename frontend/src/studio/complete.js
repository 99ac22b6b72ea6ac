// What can stand where somebody writes in a lab.md: keys of the front matter and their words, blocks, checks with their
// parameters, names of the lab. Asked of the text above the cursor; nothing is parsed twice.

const BLOCK = /^~~~([\w-]*)(?:\s+(\S*))?/;
const GIVEN = ["account_id", "region"];
const CLOSED = { start: "start\n$\n~~~", check: "check ", expect: 'expect "$"\ncall: \nwith: {}\nthat: \nis: \nbecause: \n~~~', hint: "hint\n$\n~~~", solution: "solution\n$\n~~~", "near-miss": "near-miss fails=$\n\n~~~", equivalent: "equivalent $\n\n~~~" };

/** Return a source of completions; `words` is the promise of what /studio/words/ says. */
export const completion = (words) => async (context) => {
  const known = await words;
  if (!known) return null;
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const place = placeOf(context.state.doc, line.number);

  const name = /\{\{\s*(\w*)$/.exec(before);
  if (name) return found(context.pos - name[1].length, [...parameters(context.state.doc), ...GIVEN].map((label) => ({ label, type: "variable", apply: closing(label) })));
  if (place.front) return frontMatter(known.schema, before, context);
  const fails = /^~~~near-miss .*fails=([\w.,-]*?)([\w.]*)$/.exec(before);
  if (fails) return found(context.pos - fails[2].length, used(context.state.doc).map((label) => ({ label })));
  const check = /^~~~check\s+(\S*)$/.exec(before);
  if (check) return found(context.pos - check[1].length, known.checks.map((one) => checked(one)));
  const kind = /^~{1,3}([\w-]*)$/.exec(before);
  if (kind && !place.kind) return found(line.from + before.lastIndexOf("~") + 1, known.blocks.map((label) => ({ label, type: "keyword", apply: block(label) })));
  if (place.kind === "check" || place.kind === "expect") {
    const key = /^(\w*)$/.exec(before);
    if (!key || (!key[1] && !context.explicit)) return null;
    const keys = place.kind === "expect" ? known.expect.map((label) => ({ label, type: "property" })) : keysOf(known.checks, place.name);
    return found(line.from, keys.map((one) => ({ ...one, apply: `${one.label}: ` })));
  }
  return null;
};

const found = (from, options) => (options.length ? { from, options, validFor: /^[\w.-]*$/ } : null);

/** Return in what block a line stands: {front} in the front matter, {kind, name} in a block of ours. */
function placeOf(doc, number) {
  let kind = "";
  let name = "";
  let front = doc.line(1).text.trim() === "---";
  for (let at = 2; at < number; at += 1) {
    const { text } = doc.line(at);
    if (front) {
      front = text.trim() !== "---";
    } else if (kind && /^~~~\s*$/.test(text)) {
      kind = name = "";
    } else if (!kind) {
      const begun = BLOCK.exec(text);
      if (begun?.[1]) [kind, name] = [begun[1], begun[2] ?? ""];
    }
  }
  return { front: front && number > 1, kind, name };
}

function frontMatter(schema, before, context) {
  const value = /^(\w+):\s*([\w-]*)$/.exec(before);
  if (value) {
    const options = (schema.properties[value[1]]?.enum ?? []).map((label) => ({ label, type: "enum" }));
    return found(context.pos - value[2].length, options);
  }
  const key = /^(\w*)$/.exec(before);
  if (!key || (!key[1] && !context.explicit)) return null;
  const there = new Set(context.state.doc.toString().split("\n---")[0].split("\n").map((line) => /^(\w+):/.exec(line)?.[1]));
  const options = Object.entries(schema.properties)
    .filter(([label]) => !there.has(label))
    .map(([label, about]) => ({ label, type: "property", apply: `${label}: `, info: about.description, boost: schema.required?.includes(label) ? 1 : 0 }));
  return found(context.pos - key[1].length, options);
}

function parameters(doc) {
  const front = doc.toString().split("\n---")[0];
  const below = /^parameters:\s*\n((?:[ \t]+.*\n?|\s*\n)*)/m.exec(front)?.[1] ?? "";
  return [...below.matchAll(/^[ \t]+(\w+):/gm)].map((match) => match[1]);
}

const used = (doc) => [...new Set([...doc.toString().matchAll(/^~~~check\s+(\S+)/gm)].map((match) => match[1]))];
const keysOf = (checks, name) => (checks.find((one) => one.name === name)?.parameters ?? []).map((one) => ({ label: one.name, type: "property", detail: one.required ? "needed" : "" }));

/** A check comes with the parameters that it needs, and its block closed. */
function checked(one) {
  const needed = one.parameters.filter((each) => each.required).map((each) => `${each.name}: `);
  return {
    label: one.name,
    type: "function",
    info: one.line,
    apply: (view, _, from, to) => {
      const after = view.state.doc.lineAt(from).number < view.state.doc.lines ? view.state.doc.line(view.state.doc.lineAt(from).number + 1).text : "";
      const rest = /^(\w+:|~~~)/.test(after) ? "" : `\n${needed.join("\n")}\n~~~`;
      const first = rest && needed.length ? from + one.name.length + 1 + needed[0].length : from + one.name.length;
      view.dispatch({ changes: { from, to, insert: one.name + rest }, selection: { anchor: first } });
    },
  };
}

const block = (label) => (view, _, from, to) => {
  const line = view.state.doc.lineAt(from);
  const [head, tail = ""] = (CLOSED[label] ?? `${label}\n$\n~~~`).split("$");
  view.dispatch({ changes: { from: line.from, to, insert: `~~~${head}${tail}` }, selection: { anchor: line.from + 3 + head.length } });
};

const closing = (label) => (view, _, from, to) => {
  const there = /^\s*\}\}/.test(view.state.sliceDoc(to, to + 4));
  const insert = there ? label : `${label} }}`;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
};
