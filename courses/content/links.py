"""Where the links and images of a text lead: each must lead somewhere, and says where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from courses.content import glossary
from courses.content.figures import Figure, read_figure
from courses.content.glossary import Term
from courses.content.items import SourceLine
from courses.content.model import Reference
from courses.content.source import Problems, did_you_mean

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


_PAGES = ("/glossary/", "/labs/playground/", "/practice/", "/exams/", "/catalog/")


@dataclass(frozen=True)
class Surroundings:
    """What a course's texts may refer to."""

    course: str
    lessons: frozenset[str]
    labs: frozenset[str]
    domains: Mapping[str, str]
    images: Path  # the folder that is served as /static/courses/<course>/
    drawings: Path = Path("images")  # the course's own images/
    sheets: frozenset[str] = frozenset()
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the lessons of every other course
    terms: Mapping[str, Term] = field(default_factory=dict)
    inventory: frozenset[str] | None = None  # ids that lessons may cover, where the catalog lists them

    @cached_property
    def fingerprint(self) -> str:
        """Return what tells these surroundings from others: a text that did not change reads the same in the same."""
        images = [
            (str(file), file.stat().st_mtime_ns, file.stat().st_size)
            for folder in (self.images, self.drawings)
            if folder.is_dir()
            for file in sorted(folder.iterdir())
            if file.is_file()
        ]
        sets = [sorted(one) for one in (self.lessons, self.labs, self.sheets, self.inventory or ())]
        others = sorted((course, sorted(lessons)) for course, lessons in self.others.items())
        terms = [(term.id, term.name, term.means) for term in self.terms.values()]
        known = self.inventory is not None
        return repr((self.course, sets, known, sorted(self.domains.items()), images, others, terms))


@dataclass(frozen=True)
class Leads:
    """What a text refers to."""

    references: Mapping[str, Reference]  # by address, as the author wrote it
    figures: Mapping[str, Figure]  # by file name
    terms: tuple[Term, ...]  # in the order of the text


def read_links(lines: list[SourceLine], path: str, around: Surroundings, problems: Problems) -> Leads:
    """Return where each address of the text leads that is on this site; note those that lead nowhere."""
    found: dict[str, Reference] = {}
    figures: dict[str, Figure] = {}
    terms: dict[str, Term] = {}
    for line, address, label in _addresses(lines):
        if label is not None:
            if not label.strip():
                hint = "write between ![ and ] what the picture says, for those who do not see it"
                problems.add(path, line, 18, f"the image {address} has no description", hint)
            reference = _image(address, line, path, around, problems, figures)
        elif _ELSEWHERE.match(address) or address.startswith("#"):
            continue
        else:
            reference = _page(address, line, path, around, problems)
        if reference:
            found[address] = reference
        if reference and reference.kind == "term":
            terms[reference.target] = around.terms[reference.target]
    return Leads(found, figures, tuple(terms.values()))


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
    """Return what an address names: other-lesson.md, /courses/<course>/<lesson>/, glossary.md#term, /labs/<lab>/ …"""
    target, _, fragment = address.partition("#")
    if term := glossary.LINK.match(address):
        if term["id"] in around.terms:
            return Reference("term", term["id"])
        problems.add(path, line, 14, f"{address}: there is no such term", did_you_mean(term["id"], around.terms))
        return None
    if target in _PAGES:
        return Reference("page", target, fragment)
    sheet = re.fullmatch(r"(?:\.\./)*(?:\./)?sheets/(?P<slug>[\w-]+)\.md", target)
    if sheet:
        if sheet["slug"] in around.sheets:
            return Reference("sheet", sheet["slug"], fragment)
        problems.add(path, line, 14, f"{address}: there is no such sheet", did_you_mean(sheet["slug"], around.sheets))
        return None
    other = re.fullmatch(r"/courses/(?P<course>[\w-]+)/(?:(?P<slug>[\w-]+)/)?", target)
    if other and other["course"] == around.course and not other["slug"]:
        return Reference("page", target, fragment)
    if other and other["course"] != around.course:
        lessons = around.others.get(other["course"])
        if lessons is None:
            hint = did_you_mean(other["course"], around.others)
            problems.add(path, line, 14, f"{address}: there is no such course", hint)
        elif other["slug"] and other["slug"] not in lessons:
            problems.add(path, line, 14, f"{address}: there is no such lesson", did_you_mean(other["slug"], lessons))
        elif other["slug"]:
            return Reference("lesson", f"{other['course']}/{other['slug']}", fragment)
        else:
            return Reference("page", target, fragment)
        return None
    lab = re.fullmatch(r"(?:/labs/|(?:\.\./)+labs/catalog/)(?P<slug>[\w-]+)(?:/|/lab\.md)?", target)
    lesson = re.fullmatch(
        rf"(?:(?:\.{{0,2}}/)*(?:[\w-]+/)*(?P<file>[\w-]+)\.md|/courses/{re.escape(around.course)}/(?P<slug>[\w-]+)/?)",
        target,
    )
    if lab:
        if lab["slug"] in around.labs:
            return Reference("lab", lab["slug"], fragment)
        problems.add(path, line, 14, f"{address}: there is no such lab", did_you_mean(lab["slug"], around.labs))
    elif lesson:
        slug = lesson["slug"] or re.sub(r"^\d+-", "", lesson["file"])
        if slug in around.lessons:
            return Reference("lesson", slug, fragment)
        problems.add(path, line, 14, f"{address}: there is no such lesson", did_you_mean(slug, around.lessons))
    else:
        hint = "link to another-lesson.md, /labs/<lab>/ or an https:// address"
        problems.add(path, line, 14, f"{address} leads nowhere", hint)
    return None


def _image(
    address: str, line: int, path: str, around: Surroundings, problems: Problems, figures: dict[str, Figure]
) -> Reference | None:
    """Return the image that an address names: a file of ours, of a kind that a browser only draws."""
    base = f"/static/courses/{around.course}/"
    own = re.fullmatch(r"(?:\.{0,2}/)*(?:images/)?(?P<name>[\w-]+(?:\.[\w-]+)*)", unquote(address), re.ASCII)
    if own and not address.startswith("/"):
        return _own_image(own["name"], line, path, around, problems, figures)
    name = unquote(address.removeprefix(base))
    if not address.startswith(base) or not re.fullmatch(r"[\w-]+(\.[\w-]+)*", name, re.ASCII):
        hint = "put the file into the course's images/ and write ![what it says](name.svg)"
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


def _own_image(
    name: str, line: int, path: str, around: Surroundings, problems: Problems, figures: dict[str, Figure]
) -> Reference | None:
    """Return the drawing or picture of the course's images/; what is wrong with a drawing is told with its own line."""
    file = around.drawings / name
    if not name.lower().endswith(_IMAGE_TYPES):
        problems.add(path, line, 15, f"the image {name} is of no known type", f"one of: {', '.join(_IMAGE_TYPES)}")
        return None
    try:
        content = file.read_bytes()
    except OSError:
        there = [one.name for one in around.drawings.glob("*")] if around.drawings.is_dir() else []
        hint = did_you_mean(name, there) or "put it into the folder images/ of the course"
        problems.add(path, line, 15, f"the image {name} is missing", hint)
        return None
    if not name.lower().endswith(".svg"):
        return Reference("picture", name)
    if name not in figures:
        shown = str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
        figure = read_figure(content, name=name, path=shown, problems=problems)
        if figure is None:
            return None
        figures[name] = figure
    return Reference("figure", name)


def _without_namespaces(svg: bytes) -> bytes:
    return re.sub(rb"\bxmlns(:\w+)?\s*=\s*(\"[^\"]*\"|'[^']*')", b"", svg)
