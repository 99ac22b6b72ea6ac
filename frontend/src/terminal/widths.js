// Where a text ends on a screen of so many columns: wide characters take two, marks that combine none.

import { graphemes } from "./line.js";

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]/u;

export function widthOf(grapheme) {
  let sum = 0;
  for (const sign of grapheme) if (!NONE.test(sign)) sum += WIDE.test(sign) ? 2 : 1;
  return sum;
}

/** Return {row, column} after the text, from a start; a text that fills its row ends in the next one. */
export function placeAfter(text, columns, start = { row: 0, column: 0 }, indent = 0) {
  let { row, column } = start;
  for (const one of graphemes(text)) {
    if (one === "\n") {
      row += 1;
      column = indent;
      continue;
    }
    const width = widthOf(one);
    if (column + width > columns) {
      row += 1;
      column = 0;
    }
    column += width;
  }
  return column >= columns ? { row: row + 1, column: 0 } : { row, column };
}

/** Return the text broken at spaces into lines of at most so many columns. */
export function wrapped(text, columns) {
  const lines = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line && line.length + 1 + word.length > columns) {
        lines.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}
