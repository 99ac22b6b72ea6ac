// What the lab's own commands print. Colours are ANSI; whoever cannot show them takes them out with plain().

import { wrapped } from "./widths.js";

const code = (number) => (text) => `\x1b[${number}m${text}\x1b[0m`;
export const bold = code(1);
export const dim = code(90); // a colour of its own: half the strength of another would be too faint
export const red = code(31);
export const green = code(32);
export const yellow = code(33);
export const blue = code(34);
export const magenta = code(35);
export const cyan = code(36);

// biome-ignore lint: the escape is what this is about
const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]/g;

/** Return text without colours and other escapes. */
export function plain(text) {
  return text.replace(ESCAPES, "");
}

const MARKS = {
  "": ["○", "Not started", dim],
  passed: ["✓", "Passed", green],
  failed: ["◐", "Not yet", yellow],
  error: ["!", "Our fault", magenta],
  skipped: ["–", "Waits", dim],
};
const LABELS = [["example", "For example"], ["looked", "Looked at"], ["found", "Found"], ["needed", "Needed"], ["try", "Try"]];
const points = (value) => String(Math.round(value * 10) / 10);

/** Return the tasks as text: one line each, and under those that are not passed why. */
export function tasksText({ say, tasks }, { columns = 80, reasons = true } = {}) {
  const out = [];
  tasks.forEach((task, at) => {
    const [mark, word, colour] = MARKS[task.outcome ?? ""] ?? MARKS[""];
    const graded = task.outcome !== undefined;
    const state = graded ? `${word}${task.detail ? `, ${task.detail}` : ""}${task.stale ? ", before your latest changes" : ""}` : "";
    const worth = graded && task.outcome ? `${points(task.score)}/${points(task.points)}` : points(task.points);
    out.push(`${colour(mark)} ${bold(`${at + 1}. ${task.title}`)} ${dim(`(${worth} points)`)} ${state ? colour(state) : ""}`.trimEnd());
    if (!reasons || !graded) return;
    if (task.outcome === "skipped") out.push(...indented(task.waits, columns, 4));
    if (task.outcome === "error") out.push(...indented("The check itself broke. It costs you nothing, and we have been told.", columns, 4));
    for (const check of task.checks) if (check.outcome === "failed") out.push(...failed(check, columns));
  });
  if (say) out.push("", bold(`${say}.`));
  return `${out.join("\n")}\n`;
}

function failed(check, columns) {
  const out = indented(check.title, columns, 6);
  out[0] = `    ${yellow("◐")} ${out[0].trimStart()}`;
  for (const [name, label] of LABELS) {
    if (!check[name]) continue;
    const [first, ...more] = wrapped(String(check[name]), Math.max(24, columns - 19));
    out.push(`      ${dim(label.padEnd(12))} ${first}`, ...more.map((line) => `${" ".repeat(19)}${line}`));
  }
  return out;
}

function indented(text, columns, by) {
  return wrapped(text, Math.max(24, columns - by)).map((line) => " ".repeat(by) + line);
}

/** Return a list of names in columns, as a shell lists what could come next; with words beside them where they are few. */
export function candidatesText(candidates, columns, most = 100) {
  const shown = candidates.slice(0, most);
  const wide = Math.max(...shown.map((one) => one.text.trimEnd().length)) + 2;
  const out = [];
  if (shown.length <= 30 && shown.some((one) => one.about)) {
    for (const one of shown) {
      const about = (one.about ?? "").split("\n")[0];
      const room = columns - wide - 1;
      const short = about.length > room ? `${about.slice(0, Math.max(0, room - 1))}…` : about;
      out.push(one.text.trimEnd().padEnd(wide) + (room > 12 ? dim(short) : ""));
    }
  } else {
    const across = Math.max(1, Math.floor(columns / wide));
    const down = Math.ceil(shown.length / across);
    for (let row = 0; row < down; row += 1) {
      let line = "";
      for (let at = row; at < shown.length; at += down) line += shown[at].text.trimEnd().padEnd(wide);
      out.push(line.trimEnd());
    }
  }
  const more = candidates.length - shown.length;
  if (more > 0) out.push(dim(`… and ${more} more: type another letter`));
  return out.join("\n");
}
