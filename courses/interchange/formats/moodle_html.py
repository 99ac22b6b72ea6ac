"""Moodle XML with its texts as HTML, write only: for programs that read Moodle XML and know no Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from courses.content.model import Item
from courses.interchange import to_html
from courses.interchange.formats import moodle
from courses.interchange.marks import unguarded
from courses.interchange.report import Exported, Losses
from courses.interchange.xmltree import Node, element, markup, serialise

TITLE = "Moodle XML in HTML"
SUFFIXES = (".xml",)


def write(items: Sequence[Item]) -> Exported:
    """Return a question bank."""
    losses, quiz = Losses(), element("quiz")
    for item in items:
        losses.about(item.id, item.path, item.line)
        for question in moodle.questions(item, losses):
            _convert(question, losses)
            quiz.children.append(question)
    return Exported("moodle_html", serialise(quiz), tuple(losses))


def _convert(question: Node, losses: Losses) -> None:
    """Turn every Markdown text of a question into HTML, and the answers to match, which are plain, into words."""
    for node in [one for one in question.walk() if one.get("format") == "markdown"]:
        node.attributes["format"] = "html"
        for text in node.all("text"):
            field = "stem" if node.tag == "questiontext" else "spec"
            made = to_html.blocks if node.tag == "questiontext" else to_html.inline
            text.children = [markup(made(unguarded(text.text), losses, field))] if text.text else []
    for pair in question.walk("subquestion"):
        for answer in pair.all("answer"):
            for text in answer.all("text"):
                text.children = [to_html.plain(text.text)]
