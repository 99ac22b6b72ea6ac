"""What stands on a page that is read: text as HTML, drawings in it, words with their definitions, items in between."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from courses.content import Course, Figure, Item, Lesson, Reference, Sheet, Term
from courses.selectors.items import ItemState
from courses.selectors.reading import Person, _glossary, item_states
from labs.markdown import ID_PREFIX, render, render_parts

_IMAGE = re.compile(r"(?P<alone><p>)?<img (?P<attributes>[^<>]*)>(?(alone)</p>)")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_LINK = re.compile(r'<a (?P<before>[^<>]*)href="(?P<page>[^"#]*)#(?P<id>[\w-]+)"')


@dataclass(frozen=True)
class Definition:
    """A term as a page shows it."""

    id: str
    name: str
    also: tuple[str, ...]
    html: SafeString


def body(user: Person, course: Course, lesson: Lesson) -> list[SafeString | ItemState]:
    """Return the lesson as it is shown: HTML and items in the author's order."""
    states = item_states(user, course, lesson)
    texts = [segment.markdown for segment in lesson.segments if not isinstance(segment, Item)]
    shown = iter(_shown([*texts, ""], course, lesson))
    parts: list[SafeString | ItemState] = [
        states[segment.id] if isinstance(segment, Item) else next(shown)
        for segment in lesson.segments
        if not isinstance(segment, Item) or segment.shown
    ]
    return [part for part in (*parts, *shown) if part]  # the last is what stands below all: the footnotes


def sheet_body(course: Course, sheet: Sheet) -> SafeString:
    """Return a sheet as HTML."""
    return _shown([sheet.text.markdown], course, sheet)[0]


def definitions(terms: Iterable[Term]) -> list[Definition]:
    """Return terms with what they mean as HTML; a term that another names leads to it in the glossary."""
    links = {f"glossary.md#{one}": _term_address(one) for one in _glossary()}
    return [
        Definition(one.id, one.name, one.also, render(one.means, links=links, prefix=f"def-{one.id}", top=3))
        for one in terms
    ]


def _shown(texts: Sequence[str], course: Course, page: Lesson | Sheet) -> list[SafeString]:
    links = {address: _address(course, reference) for address, reference in page.references.items()}
    drawings = {_image(course, name): figure for name, figure in page.figures.items()}
    dark = {
        _image(course, one.target): _image(course, _dark(one.target))
        for one in page.references.values()
        if one.kind == "picture" and (course.drawings / _dark(one.target)).is_file()
    }
    return [_drawn(_defined(part, page.terms), drawings, dark) for part in render_parts(texts, links=links)]


def _defined(text: str, terms: Sequence[Term]) -> str:
    """Mark the links to terms: what is behind the word is described by its definition, which the page holds."""
    known = {one.id for one in terms}
    glossary = reverse("glossary")

    def mark(link: re.Match[str]) -> str:
        if link["page"] != glossary or link["id"] not in known:
            return link[0]
        described = f'class="term" aria-describedby="def-{link["id"]}"'
        return f'<a {described} {link["before"]}href="{glossary}#{link["id"]}"'

    return _LINK.sub(mark, text)


def _drawn(text: str, drawings: Mapping[str, Figure], dark: Mapping[str, str]) -> SafeString:
    """Put drawings into the places of their images, and a picture's dark twin beside it. All of it is safe: the text
    has been through the allow-list, and so has every drawing (content/figures.py)."""

    def put(image: re.Match[str]) -> str:
        # As the sanitiser wrote them: escaped, in double quotes.
        about = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(image["attributes"])}
        source, label, caption = about.get("src", ""), html.escape(about.get("alt", "")), about.get("title", "")
        said = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        if figure := drawings.get(source):
            tall = f'<svg role="img" aria-label="{label}" width="{figure.width:g}" height="{figure.height:g}"'
            drawing = figure.svg.replace("<svg", tall, 1)
            if not image["alone"]:
                return drawing
            box = f'<div class="figure-box" tabindex="0" role="group" aria-label="Drawing">{drawing}</div>'
            return f'<figure class="figure">{box}{said}</figure>'
        if image["alone"] and (source in dark or caption):
            shown = image[0].removeprefix("<p>").removesuffix("</p>")
            if source in dark:
                other = html.escape(dark[source])
                shown = f'{shown[:-1]} class="only-light">'
                shown += f'<img src="{other}" alt="{label}" class="only-dark" loading="lazy">'
            return f'<figure class="figure">{shown}{said}</figure>'
        return image[0]

    return mark_safe(_IMAGE.sub(put, text))  # noqa: S308 - see above


def _dark(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.dark.{ending}"


def _image(course: Course, name: str) -> str:
    return reverse("course_image", args=[course.slug, name])


def _term_address(term: str) -> str:
    return f"{reverse('glossary')}#{term}"


def _address(course: Course, reference: Reference) -> str:
    """Return where a lesson's link leads on the site."""
    match reference.kind:
        case "image":
            return static(f"courses/{course.slug}/{reference.target}")
        case "figure" | "picture":
            return _image(course, reference.target)
        case "lab":
            return reverse("lab", args=[reference.target])
        case "term":
            return _term_address(reference.target)
        case "page":
            return f"{reference.target}#{reference.fragment}" if reference.fragment else reference.target
    other, _, slug = reference.target.rpartition("/")
    place: dict[str, Any] = {"lesson": "lesson", "sheet": "sheet"}
    page = reverse(place[reference.kind], args=[other or course.slug, slug])
    return f"{page}#{ID_PREFIX}-{reference.fragment}" if reference.fragment else page
