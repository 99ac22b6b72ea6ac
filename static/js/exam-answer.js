// An answer as its form holds it, and back. The raw form is what the server keeps: {"answer": ["…"]}, and for the parts of
// a case {"answer-<part>": ["…"]}; null where nothing is answered.

const FIELDS = ":is(input, select, textarea)[name^=answer]";
const fieldsOf = (form) => [...form.querySelectorAll(FIELDS)];

// A list that pairs its choice with something ("prompt=choice") is blank with nothing after the sign.
const blank = (field) => !field.value.trim() || (field.localName === "select" && field.value.endsWith("="));

export function readAnswer(form) {
  const found = {};
  for (const field of fieldsOf(form)) {
    if (["radio", "checkbox"].includes(field.type) && !field.checked) continue;
    if (!blank(field)) (found[field.name] ??= []).push(field.value);
  }
  return Object.keys(found).length ? found : null;
}

// Put an answer into the form's own fields. An element that draws its answer by itself (an ordering) hears "restore".
export function showAnswer(form, answer) {
  const taken = new Map();
  for (const field of fieldsOf(form)) {
    const values = answer?.[field.name] ?? [];
    if (["radio", "checkbox"].includes(field.type)) {
      field.checked = values.includes(field.value);
    } else if (field.localName === "select") {
      const own = [...field.options].find((option) => option.value && values.includes(option.value));
      field.selectedIndex = own ? own.index : 0;
    } else if (field.type !== "hidden") {
      const at = taken.get(field.name) ?? 0;
      field.value = values[at] ?? "";
      taken.set(field.name, at + 1);
    }
  }
  for (const own of form.querySelectorAll("[data-restores]")) {
    own.dispatchEvent(new CustomEvent("restore", { detail: answer }));
  }
}

// What is missing of a question that is answered in part: "1 of 2 chosen". Empty where nothing is.
export function missing(form) {
  const groups = {};
  for (const field of fieldsOf(form)) (groups[field.name] ??= []).push(field);
  const says = [];
  for (const fields of Object.values(groups)) {
    const boxes = fields.filter((field) => field.type === "checkbox");
    const wanted = Number(fields[0].closest("[data-select]")?.dataset.select);
    const chosen = boxes.filter((field) => field.checked).length;
    if (boxes.length && wanted && chosen !== wanted) says.push(`${chosen} of ${wanted} chosen`);
    const radios = fields.filter((field) => field.type === "radio");
    if (radios.length && !radios.some((field) => field.checked)) says.push("a part has no answer");
    const steps = fields[0].closest("item-order") ? fields.length : 0;
    const places = steps && fields[0].options.length - 1;
    const placed = fields.filter((field) => !blank(field)).length;
    if (steps && placed !== places) says.push(`${placed} of ${places} placed`);
    if (!steps && fields.some((field) => !["checkbox", "radio", "hidden"].includes(field.type) && blank(field))) {
      says.push("a field is empty");
    }
  }
  return says[0] ?? "";
}
