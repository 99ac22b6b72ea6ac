"""Moodle XML, both ways.

Our Markdown goes out as Markdown (`format="markdown"`, which Moodle renders), so it comes back letter by letter.
Fields that Moodle has no place for are tags. A case is a description followed by its questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from courses.content.model import Item
from courses.interchange.build import SANDBOX, STUB, general_of, spec_tags, tags_of
from courses.interchange.comparison import cleaned
from courses.interchange.formats._moodle_reader import read
from courses.interchange.marks import as_markdown, guarded
from courses.interchange.report import Exported, Losses
from courses.interchange.xmltree import Node, element, legal, serialise
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

TITLE = "Moodle XML"
SUFFIXES = (".xml",)
__all__ = ["SUFFIXES", "TITLE", "read", "recognises", "write"]

# The shares that Moodle takes for an answer, in percent.
SHARES = {
    1: "100",
    2: "50",
    3: "33.33333",
    4: "25",
    5: "20",
    6: "16.66667",
    7: "14.28571",
    8: "12.5",
    9: "11.11111",
    10: "10",
}


def recognises(data: bytes, name: str) -> bool:
    """Whether the data are Moodle XML."""
    return b"<quiz" in data[:4000] and b"<assessment" not in data[:4000]


def write(items: Sequence[Item]) -> Exported:
    """Return a question bank."""
    losses = Losses()
    quiz = element("quiz")
    for item in items:
        losses.about(item.id, item.path, item.line)
        quiz.children += questions(item, losses)
    return Exported("moodle", serialise(quiz), tuple(losses))


def _clean(text: str) -> str:
    return legal(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def questions(item: Item, losses: Losses) -> list[Node]:
    """Return an item as <question> elements: a case is several."""
    item = cleaned(item, _clean, losses, "characters that XML cannot hold, or space at its ends, are left out")
    tags = tags_of(item, losses)
    if isinstance(item.spec, LabSpec):
        losses.add("item", "left out", f"a lab needs a sandbox; its stem stands there with a note ({item.spec.lab})")
        return [_question("description", item.id, f"{item.stem}\n\n*{STUB}*", [*tags, SANDBOX], 0)]
    if isinstance(item.spec, CaseSpec):
        losses.add("item", "limited", "the case is a description and its questions: keep them together, in this order")
        points = [] if item.points == 1 else [f"points:{item.points:g}"]
        done = [_question("description", item.id, item.stem, [*tags, *points, f"case:{item.id}"], 0)]
        for at, part in enumerate(item.spec.parts):
            where = f"spec.parts[{at}].spec"
            own = [f"case:{item.id}", f"part:{part.id}", *([f"domain:{part.domain}"] if part.domain else [])]
            done.append(_body(f"{item.id}-{part.id}"[:100], part.stem, part.spec, part.points, own, losses, where))
        return done
    return [_body(item.id, item.stem, item.spec, item.points, tags, losses, "spec")]


def _body(name: str, stem: str, spec: Spec, points: float, tags: list[str], losses: Losses, where: str) -> Node:
    tags = [*tags, *spec_tags(spec, losses, where)]
    general = general_of(spec, losses, where)
    match spec:
        case ChoiceSpec() | ResponseSpec():
            kind, inner = "multichoice", _options(spec, losses, where)
        case NumberSpec():
            kind, inner = "numerical", _number(spec)
        case TextSpec():
            kind, inner = "shortanswer", _text(spec)
        case MatchingSpec():
            kind, inner = "matching", _matching(spec, losses, where)
        case OrderingSpec():
            kind, inner = "ordering", _ordering(spec, losses, where)
        case _:
            raise TypeError(f"no item in a case is a {type(spec).__name__}")
    return _question(kind, name, stem, tags, points, inner, general)


def _question(
    kind: str, name: str, stem: str, tags: list[str], points: float, inner: Sequence[Node] = (), general: str = ""
) -> Node:
    return element(
        "question",
        element("name", element("text", name)),
        _formatted("questiontext", stem),
        _formatted("generalfeedback", general),
        element("defaultgrade", f"{points:g}"),
        element("penalty", "0"),
        element("hidden", "0"),
        element("idnumber", name),
        *inner,
        element("tags", *(element("tag", element("text", tag)) for tag in tags)),
        type=kind,
    )


def _formatted(tag: str, text: str, **attributes: str) -> Node:
    return element(tag, element("text", guarded(text)), format="markdown", **attributes)


def _options(spec: ChoiceSpec | ResponseSpec, losses: Losses, where: str) -> list[Node]:
    single, right = isinstance(spec, ChoiceSpec), sum(one.correct for one in spec.options)
    share = SHARES.get(right, "")
    if not share:
        share = f"{Decimal(100) / max(1, right):.5f}"
        losses.add(f"{where}.scoring", "limited", f"Moodle knows no share of {share} %; give it one that it knows")
    if not single:
        losses.add(
            f"{where}.scoring", "limited", "scored by shares, wrong options taken off; in our exams all or nothing"
        )
    answers = [
        element(
            "answer",
            element("text", guarded(one.text)),
            _formatted("feedback", one.rationale),
            fraction=share if one.correct else "0" if single else f"-{share}",
            format="markdown",
        )
        for one in spec.options
    ]
    settings = {"single": "true" if single else "false", "shuffleanswers": "true", "answernumbering": "abc"}
    return [*(element(name, value) for name, value in settings.items()), *answers]


def _number(spec: NumberSpec) -> list[Node]:
    answer = element(
        "answer",
        element("text", f"{spec.value:f}"),
        _formatted("feedback", ""),
        element("tolerance", f"{spec.tolerance:f}"),
        fraction="100",
        format="moodle_auto_format",
    )
    if not spec.unit:
        return [answer, element("unitgradingtype", "0"), element("showunits", "3")]
    unit = element("unit", element("multiplier", "1"), element("unit_name", spec.unit))
    return [answer, element("units", unit), element("unitgradingtype", "0"), element("showunits", "0")]


def _text(spec: TextSpec) -> list[Node]:
    # To Moodle an asterisk stands for any letters; with a backslash it is one.
    answers = [
        element(
            "answer",
            element("text", one.replace("*", "\\*")),
            _formatted("feedback", ""),
            fraction="100",
            format="moodle_auto_format",
        )
        for one in spec.accepted
    ]
    return [element("usecase", "1" if spec.command else "0"), *answers]


def _matching(spec: MatchingSpec, losses: Losses, where: str) -> list[Node]:
    texts, right = {one.id: one.text for one in spec.answers}, dict(spec.pairs)
    if any(as_markdown(one) != one for one in texts.values()):
        losses.add(
            f"{where}.answers", "limited", "Moodle shows answers as plain text, so the marks of Markdown are seen"
        )
    rows = [(one.text, texts[right[one.id]]) for one in spec.prompts]
    rows += [("", one.text) for one in spec.answers if one.id not in right.values()]
    pairs = [
        element(
            "subquestion",
            element("text", guarded(prompt)),
            element("answer", element("text", answer)),
            format="markdown",
        )
        for prompt, answer in rows
    ]
    return [element("shuffleanswers", "true"), *pairs]


def _ordering(spec: OrderingSpec, losses: Losses, where: str) -> list[Node]:
    if spec.distractors:
        losses.add(
            f"{where}.distractors", "lost", "Moodle's ordering has none: " + "; ".join(o.text for o in spec.distractors)
        )
    settings = {
        "layouttype": "VERTICAL",
        "selecttype": "ALL",
        "selectcount": "0",
        "gradingtype": "ALL_OR_NOTHING",
        "showgrading": "SHOW",
        "numberingstyle": "none",
    }
    steps = [
        element(
            "answer",
            element("text", guarded(one.text)),
            _formatted("feedback", one.rationale),
            fraction=f"{at}.0000000",
            format="markdown",
        )
        for at, one in enumerate(spec.steps, start=1)
    ]
    return [*(element(name, value) for name, value in settings.items()), *steps]
