"""A lesson file: front matter, text, items, and the links that must lead somewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from courses.content.items import SourceLine, parse_text, source_lines
from courses.content.model import FurtherReading, Item, Lesson, Reference
from courses.content.source import LessonFront, Problems, did_you_mean, parse, split

# [text](address "title"), ![text](address), and [name]: address at the start of a line.
_LINK = re.compile(
    r"(?P<image>!?)\[(?P<label>(?:[^\[\]\n]|\n(?!\n)|\[[^\[\]\n]*\])*)\]\(\s*<?(?P<address>[^\s()<>]+)>?[^()\n]*\)"
)
_NAMED = re.compile(r"^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*<?(?P<address>[^\s<>]+)>?", re.MULTILINE)
_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_ELSEWHERE = re.compile(r"^(https?://[^/\s]|mailto:[^/\s])", re.IGNORECASE)
_IMAGE_TYPES = (".svg", ".png", ".jpg", ".jpeg", ".webp")
_ACTIVE = re.compile(
    rb"<\s*(?:script|foreignobject|iframe|embed|object|handler|listener|\?xml-stylesheet|!entity)\b"
    rb"|<[^>]*[\s\"'/]on[a-z]+\s*=|javascript:|@import"
    rb"|(?:href|src)\s*=\s*[\"']?\s*(?![\"'#\s])"
    rb"|url\(\s*[\"']?\s*(?![\"'#\s])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Surroundings:
    """What a course's texts may refer to."""

    course: str
    lessons: frozenset[str]
    labs: frozenset[str]
    domains: Mapping[str, str]
    images: Path  # the folder that is served as /static/courses/<course>/


def parse_lesson(source: str, *, slug: str, path: str, around: Surroundings, problems: Problems) -> Lesson | None:
    """Return the lesson, or None where it cannot stand; all that is wrong with it goes to `problems`."""
    before = len(problems)
    front_text, body, first_line = split(source, path, problems)
    front = None
    if len(problems) == before:
        front = parse(LessonFront, front_text, path, problems, first_line=2)
    lines = source_lines(body, path=path, first_line=first_line, problems=problems)
    segments = parse_text(lines, path=path, domains=around.domains, labs=around.labs, problems=problems)
    references = _references(lines, path, around, problems)
    if front and front.lab and front.lab not in around.labs:
        line = next((n for n, text in enumerate(source.split("\n"), 1) if text.startswith("lab:")), 1)
        problems.add(path, line, 12, f"there is no lab {front.lab}", did_you_mean(front.lab, around.labs))
    if front is None or len(problems) > before:
        return None
    return Lesson(
        slug=slug,
        title=front.title,
        minutes=front.minutes,
        objectives=front.objectives,
        segments=segments,
        references=references,
        lab=front.lab,
        as_of=front.as_of,
        links=tuple(FurtherReading(one.title, one.url) for one in front.links),
        revision=hashlib.sha256(source.encode()).hexdigest(),
        path=path,
    )


def parse_bank(source: str, *, path: str, around: Surroundings, problems: Problems) -> tuple[Item, ...]:
    """Return the items of a file of items/. It may have text between them, for those who read the file."""
    lines = source_lines(source, path=path, first_line=1, problems=problems)
    segments = parse_text(lines, path=path, domains=around.domains, labs=around.labs, problems=problems)
    return tuple(segment for segment in segments if isinstance(segment, Item))


def _references(lines: list[SourceLine], path: str, around: Surroundings, problems: Problems) -> dict[str, Reference]:
    """Return where each address of the text leads that is on this site; note those that lead nowhere."""
    found: dict[str, Reference] = {}
    for line, address, label in _addresses(lines):
        if label is not None:
            if not label.strip():
                hint = "write between ![ and ] what the picture says, for those who do not see it"
                problems.add(path, line, 18, f"the image {address} has no description", hint)
            reference = _image(address, line, path, around, problems)
        elif _ELSEWHERE.match(address) or address.startswith("#"):
            continue
        else:
            reference = _page(address, line, path, around, problems)
        if reference:
            found[address] = reference
    return found


def _addresses(lines: list[SourceLine]) -> Iterator[tuple[int, str, str | None]]:
    """Yield (line, address, an image's description or None) of each link and image that is not within code."""
    text = "\n".join("" if line.fenced else _CODE.sub(lambda code: " " * len(code[0]), line.text) for line in lines)
    # A picture may be a link's text: [![description](picture)](page).
    images = [match for match in _LINK.finditer(text.replace("[![", " ![")) if match["image"]]
    links = [match for match in _LINK.finditer(text) if not match["image"]]
    for match in sorted((*images, *links, *_NAMED.finditer(text)), key=lambda one: one.start()):
        line = lines[text.count("\n", 0, match.start("address"))].number
        yield line, match["address"], match["label"] if match in images else None


def _page(address: str, line: int, path: str, around: Surroundings, problems: Problems) -> Reference | None:
    """Return what an address names: other-lesson.md, /courses/<course>/<lesson>/, /labs/<lab>/ or its lab.md."""
    target, _, fragment = address.partition("#")
    lab = re.fullmatch(r"(?:/labs/|(?:\.\./)+labs/catalog/)(?P<slug>[\w-]+)(?:/|/lab\.md)?", target)
    lesson = re.fullmatch(
        rf"(?:(?:\./)?(?P<file>[\w-]+)\.md|/courses/{re.escape(around.course)}/(?P<slug>[\w-]+)/?)", target
    )
    if lab:
        if lab["slug"] in around.labs:
            return Reference("lab", lab["slug"], fragment)
        problems.add(path, line, 14, f"{address}: there is no such lab", did_you_mean(lab["slug"], around.labs))
    elif lesson:
        slug = lesson["file"] or lesson["slug"]
        if slug in around.lessons:
            return Reference("lesson", slug, fragment)
        problems.add(path, line, 14, f"{address}: there is no such lesson", did_you_mean(slug, around.lessons))
    else:
        hint = "link to another-lesson.md, /labs/<lab>/ or an https:// address"
        problems.add(path, line, 14, f"{address} leads nowhere", hint)
    return None


def _image(address: str, line: int, path: str, around: Surroundings, problems: Problems) -> Reference | None:
    """Return the image that an address names: a file of ours, of a kind that a browser only draws."""
    base = f"/static/courses/{around.course}/"
    name = unquote(address.removeprefix(base))
    if not address.startswith(base) or not re.fullmatch(r"[\w-]+(\.[\w-]+)*", name, re.ASCII):
        hint = f"put the file into static/courses/{around.course}/ and write {base}name.svg"
        problems.add(path, line, 15, f"the image {address} is not one of the course's", hint)
        return None
    if not name.lower().endswith(_IMAGE_TYPES):
        problems.add(path, line, 15, f"the image {name} is of no known type", f"one of: {', '.join(_IMAGE_TYPES)}")
        return None
    try:
        content = (around.images / name).read_bytes()
    except OSError:
        there = [one.name for one in around.images.glob("*")] if around.images.is_dir() else []
        hint = did_you_mean(name, there) or f"put it into static/courses/{around.course}/"
        problems.add(path, line, 15, f"the image {name} is missing", hint)
        return None
    # As an image it could do nothing; opened at its own address it would be a page of this site.
    if name.lower().endswith(".svg") and (active := _ACTIVE.search(_without_namespaces(content))):
        what = active[0].decode("ascii", "replace").strip()
        hint = "no script, event handlers, foreignObject or references out of the file"
        problems.add(path, line, 16, f"the image {name} holds {what}", hint)
        return None
    return Reference("image", name)


def _without_namespaces(svg: bytes) -> bytes:
    return re.sub(rb"\bxmlns(:\w+)?\s*=\s*(\"[^\"]*\"|'[^']*')", b"", svg)
