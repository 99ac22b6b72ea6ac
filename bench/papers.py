"""An exam of any size for measurements, drills and tests, written as its author would: course.yaml, items, exam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SLUG = "driving"
DOMAINS = {"secure": 40, "resilient": 30, "operate": 30}

_COURSE = """\
title: Exams to drive
summary: Items that were made by a program.
level: foundational
objectives: [Sit an exam]
domains: {secure: Security, resilient: Resilience, operate: Operations}
modules: []
"""

_EXAM = """\
---
title: A driven exam
code: DRV-{code}
summary: An exam that programs sit.
minutes: {minutes}
pass_mark: 700
cut: 0.65
domains: {{secure: 40, resilient: 30, operate: 30}}
sections:
{sections}
banks: [bank]
attempts: {attempts}
exposure: 100
valid_from: 2026-01-01
verified_on: 2026-11-20
source_url: https://docs.aws.amazon.com/wellarchitected/latest/framework/welcome.html
---

Sit it.
"""


def write_course(
    root: Path,
    *,
    pool: int = 40,
    sections: Sequence[tuple[int, int]] = ((8, 2), (4, 0)),
    minutes: int = 30,
    attempts: str = "{}",
    labs: Sequence[str] = (),
    exams: Sequence[str] = (SLUG,),
) -> Path:
    """Write a course with an exam into a catalog; return its folder. sections: (scored, unscored) of each, labs last.

    Keys and rationales hold the word CANARY: no payload of a live attempt may.
    """
    folder = root / "driven"
    (folder / "items").mkdir(parents=True, exist_ok=True)
    (folder / "exams").mkdir(exist_ok=True)
    (folder / "course.yaml").write_text(_COURSE)
    (folder / "items" / "bank.md").write_text("\n".join(_item(number, pool) for number in range(pool)))
    told = [
        f"  - {{name: part-{number}, title: Part {number + 1}, count: {count}, unscored: {unscored}}}"
        for number, (count, unscored) in enumerate(sections)
    ]
    if labs:
        told += ["  - name: labs", "    title: Labs", f"    count: {len(labs)}", "    labs:"]
        told += [f"      - {{lab: {lab}, domain: secure, points: 4, minutes: 20}}" for lab in labs]
    for code, slug in enumerate(exams):
        text = _EXAM.format(code=code, minutes=minutes, sections="\n".join(told), attempts=attempts)
        (folder / "exams" / f"{slug}.md").write_text(text)
    return folder


def _item(number: int, pool: int) -> str:
    domain = list(DOMAINS)[number % 3]
    status = "pilot" if number % 5 == 4 else "live"
    about = f"domain={domain} points=1 status={status} difficulty=0.{3 + number % 5}"
    match number % 4:
        case 0 | 1:
            options = [("x" if n == number % 4 else " ") for n in range(4)]
            kind, stem = "choice", f"Item {number}: which one of four is it?"
        case 2:
            options = [("x" if n in (number % 5, (number + 2) % 5) else " ") for n in range(5)]
            kind, stem = "response", f"Item {number}: which two of five are they? (Select TWO.)"
        case _:
            answer = f"~~~answer\n{number}.5 ± 0.1 GiB\n~~~\n\n> CANARY-{number}-why\n"
            return f"### Item {number}: how much is it? {{#item-{number} .number {about}}}\n\n{answer}"
    lines = [
        f"- [{mark}] Option {'ABCDE'[n]} of item {number}\n  > CANARY-{number}-{n}" for n, mark in enumerate(options)
    ]
    return f"### {stem} {{#item-{number} .{kind} {about}}}\n\n" + "\n".join(lines) + "\n"
