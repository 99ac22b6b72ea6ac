"""GIFT, Moodle's text format, both ways: texts are Markdown (`[markdown]`), ids and tags stand in the comment above."""

from __future__ import annotations

import re
from collections.abc import Sequence

from courses.content.model import Item
from courses.interchange.build import SANDBOX, STUB, general_of, is_tag, spec_tags, tags_of
from courses.interchange.comparison import cleaned
from courses.interchange.formats._gift_reader import read
from courses.interchange.marks import arrow_guarded, as_markdown, guarded
from courses.interchange.report import Exported, Losses
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    OrderingSpec,
    ResponseSpec,
    Spec,
    TextSpec,
)

TITLE = "GIFT"
SUFFIXES = (".gift", ".txt")
__all__ = ["SUFFIXES", "TITLE", "read", "recognises", "write"]

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SPECIAL = re.compile(r"[\\~=#{}:\n]")
_FORMAT = re.compile(r"^\[(?:html|moodle|plain|markdown)\]")
_QUESTION = re.compile(r"(?<!\\)\{[^{}]{0,20000}(?<!\\)\}")


def recognises(data: bytes, name: str) -> bool:
    """Whether the data are GIFT: a question has its answers in braces."""
    start = data[:200_000].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if start.startswith(("<", "PK\x03\x04")) or re.search(r"^ANSWER:", start, re.MULTILINE):
        return False
    return bool(start.startswith(("::", "$CATEGORY")) or _QUESTION.search(start)) and not name.lower().endswith(".csv")


def write(items: Sequence[Item]) -> Exported:
    """Return a GIFT file."""
    losses, questions = Losses(), list[str]()
    for item in items:
        losses.about(item.id, item.path, item.line)
        item = cleaned(item, _clean, losses, "control characters, or space at its ends, are left out")
        questions += _questions(item, losses)
    return Exported(
        "gift", ("\n\n".join(one for one in questions if one) + "\n").encode("utf-8", "replace"), tuple(losses)
    )


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _questions(item: Item, losses: Losses) -> list[str]:
    tags = tags_of(item, losses)
    if item.points != 1:
        tags.append(f"points:{item.points:g}")
        losses.add("points", "limited", "GIFT has no points; a tag keeps them")
    if isinstance(item.spec, LabSpec):
        losses.add("item", "left out", f"a lab needs a sandbox; its stem stands there with a note ({item.spec.lab})")
        return [_question(item.id, f"{item.stem}\n\n*{STUB}*", [*tags, SANDBOX], "")]
    if isinstance(item.spec, CaseSpec):
        losses.add("item", "limited", "the case is a description and its questions: keep them together, in this order")
        done = [_question(item.id, item.stem, [*tags, f"case:{item.id}"], "")]
        for at, part in enumerate(item.spec.parts):
            own = [f"case:{item.id}", f"part:{part.id}", *([f"domain:{part.domain}"] if part.domain else [])]
            if part.points != 1:
                own.append(f"points:{part.points:g}")
            name = f"{item.id}-{part.id}"[:100]
            done.append(_body(name, part.stem, part.spec, own, losses, f"spec.parts[{at}].spec"))
        return done
    return [_body(item.id, item.stem, item.spec, tags, losses, "spec")]


def _body(name: str, stem: str, spec: Spec, tags: list[str], losses: Losses, where: str) -> str:
    tags = [*tags, *spec_tags(spec, losses, where)]
    match spec:
        case ChoiceSpec() | ResponseSpec():
            answers = _options(spec, losses, where)
        case NumberSpec():
            if spec.unit and is_tag(spec.unit):
                tags.append(f"unit:{spec.unit}")
                losses.add(f"{where}.unit", "limited", "GIFT has no units; a tag keeps it")
            elif spec.unit:
                losses.add(f"{where}.unit", "lost", "GIFT has no units")
            answers = f"#=%100%{spec.value:f}:{spec.tolerance:f}"
        case TextSpec():
            answers = _text(spec, losses, where)
        case MatchingSpec():
            answers = _matching(spec, losses, where)
        case OrderingSpec():
            answers = _ordering(spec, losses, where)
        case _:
            raise TypeError(f"no item in a case is a {type(spec).__name__}")
    if not answers:
        part = where != "spec"
        losses.add(
            "spec.parts" if part else "item", "changed" if part else "left out", f"{name}: GIFT cannot tell an answer"
        )
        return ""
    if general := general_of(spec, losses, where):
        answers += f" ####{_formatted(general)}"
    return _question(name, stem, tags, answers)


def _question(name: str, stem: str, tags: Sequence[str], answers: str) -> str:
    marks = [f"[id:{name}]", *(f"[tag:{tag}]" for tag in tags)]
    shown = f" {{{answers}}}" if answers else ""
    return f"// {' '.join(marks)}\n::{_escaped(name)}::{_formatted(stem)}{shown}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\n" if found[0] == "\n" else f"\\{found[0]}", text)


def _formatted(text: str) -> str:
    return f"[markdown]{_escaped(guarded(text))}"


def _plain(text: str) -> str:
    """Return a text that has no format of its own: the words of one that looks like a format are told so."""
    return f"[plain]{_escaped(text)}" if _FORMAT.match(text) else _escaped(text)


def _options(spec: ChoiceSpec | ResponseSpec, losses: Losses, where: str) -> str:
    right = sum(one.correct for one in spec.options)
    done = []
    if isinstance(spec, ResponseSpec):
        losses.add(
            f"{where}.scoring", "limited", "scored by shares, wrong options taken off; in our exams all or nothing"
        )
    share = f"{100 / max(1, right):.5f}".rstrip("0").rstrip(".")
    for one in spec.options:
        if isinstance(spec, ChoiceSpec):
            mark = "=" if one.correct else "~"
        else:
            mark = f"~%{share}%" if one.correct else f"~%-{share}%"
        why = f"#{_formatted(one.rationale)}" if one.rationale else ""
        done.append(f"{mark}{_formatted(one.text)}{why}")
    return " ".join(done)


def _text(spec: TextSpec, losses: Losses, where: str) -> str:
    """Return the accepted forms. What holds -> would be read as a pair to match, and nothing takes that away."""
    told = [one for one in spec.accepted if "->" not in one]
    if len(told) < len(spec.accepted):
        losses.add(f"{where}.accepted", "lost", "an accepted form with -> in it would be read as a pair to match")
    # To Moodle an asterisk stands for any letters; with a backslash it is one.
    return " ".join(f"=%100%{_plain(one.replace('*', chr(92) + '*'))}" for one in told)


def _matching(spec: MatchingSpec, losses: Losses, where: str) -> str:
    texts, right = {one.id: one.text for one in spec.answers}, dict(spec.pairs)
    if any(as_markdown(one) != one for one in texts.values()):
        losses.add(
            f"{where}.answers", "limited", "Moodle shows answers as plain text, so the marks of Markdown are seen"
        )
    for at, one in enumerate(spec.prompts):
        if "->" in one.text and "`" in one.text:
            losses.add(
                f"{where}.prompts[{at}].text", "limited", "-> is written -&gt;, which is seen where it stands in code"
            )
    rows = [(_formatted(arrow_guarded(one.text)), texts[right[one.id]]) for one in spec.prompts]
    rows += [("", one.text) for one in spec.answers if one.id not in right.values()]
    return " ".join(f"={prompt} -> {_plain(answer)}" for prompt, answer in rows)


def _ordering(spec: OrderingSpec, losses: Losses, where: str) -> str:
    if spec.distractors:
        losses.add(
            f"{where}.distractors", "lost", "Moodle's ordering has none: " + "; ".join(o.text for o in spec.distractors)
        )
    for at, one in enumerate(spec.steps):
        if one.rationale:
            losses.add(
                f"{where}.steps[{at}].rationale", "lost", f"GIFT's ordering has no feedback: {one.rationale[:200]}"
            )
        if _SPECIAL.search(one.text) or one.text.startswith("//"):
            losses.add(
                f"{where}.steps[{at}].text", "limited", "Moodle may show the backslashes that keep its characters apart"
            )
    steps = [
        f"\\{_escaped(guarded(one.text))}" if one.text.startswith("//") else _escaped(guarded(one.text))
        for one in spec.steps
    ]
    return "\n".join([f">{len(steps)} ALL VERTICAL ALL_OR_NOTHING SHOW none", *steps, ""])
