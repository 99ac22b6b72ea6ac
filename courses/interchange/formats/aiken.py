"""Aiken, read only: a question, its options as `A. …`, and `ANSWER: A`. It has nothing else."""

from __future__ import annotations

import re

from courses.interchange import limits
from courses.interchange.build import Builder, Found, options_of
from courses.interchange.limits import decoded
from courses.interchange.marks import as_markdown
from courses.interchange.report import Imported
from graders.items import ChoiceSpec

TITLE = "Aiken"
SUFFIXES = (".txt", ".aiken")

_OPTION = re.compile(r"^[ \t]*(?P<letter>[A-Z])[.)][ \t]+(?P<text>\S.*)$")
_ANSWER = re.compile(r"^[ \t]*ANSWER:[ \t]*(?P<letter>\S.*)$")


def recognises(data: bytes, name: str) -> bool:
    """Whether the data are Aiken: options with letters, and the line that says which is right."""
    text = data[:200_000].decode("utf-8", "replace")
    lines = text.split("\n")
    return any(_OPTION.match(line) for line in lines) and any(_ANSWER.match(line) for line in lines)


def read(data: bytes, name: str) -> Imported:
    """Return the items of an Aiken file. Raises Unreadable."""
    builder = Builder("aiken", name)
    stem: list[str] = []
    options: list[tuple[str, str]] = []
    line = 0
    lines = decoded(data, name).split("\n")
    for number, text in enumerate([*lines, "ANSWER: (the end of the file)"], start=1):
        if answer := _ANSWER.match(text):
            if stem or options:
                _add(builder, stem, options, answer["letter"].strip(), line)
            elif number <= len(lines):
                builder.begin("", "", number)
                builder.leave_out("an ANSWER without a question above it")
            stem, options, line = [], [], 0
        elif (option := _OPTION.match(text)) and stem:
            options.append((option["letter"], option["text"].strip()))
        elif text.strip() and not options:
            stem.append(text.strip())
        elif text.strip() and len(options[-1][1]) < limits.TEXT_CHARACTERS:  # a long option goes on
            options[-1] = (options[-1][0], f"{options[-1][1]} {text.strip()}")
        if text.strip() and not line and not _ANSWER.match(text):
            line = number
    return builder.imported()


def _add(builder: Builder, stem: list[str], options: list[tuple[str, str]], right: str, line: int) -> None:
    name = builder.begin("", " ".join(stem)[:50], line)
    letters = [letter for letter, _ in options]
    if right not in letters:
        builder.leave_out(f"ANSWER: {right[:40]} names none of its options ({', '.join(letters) or 'it has none'})")
    elif len(set(letters)) < len(letters):
        builder.leave_out("two options have the same letter; is an ANSWER line missing above?")
    else:
        rows = [(as_markdown(text), letter == right, "") for letter, text in options]
        spec = ChoiceSpec(options_of(rows))
        builder.add(name, Found(stem="\n".join(as_markdown(one) for one in stem), spec=spec, line=line))
