"""The catalog of courses: a folder a course, read whole, checked whole, and kept until a file of it changes."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from courses.content.exam_files import parse_exam
from courses.content.exams import Exam
from courses.content.folders import Files, inventory_of, listed
from courses.content.glossary import Term, load_glossary
from courses.content.lessons import Surroundings, parse_bank, parse_lesson, parse_sheet
from courses.content.lint import lint
from courses.content.lint_lessons import lint_lessons
from courses.content.model import Course, Item, Lesson, Module, Sheet
from courses.content.source import CourseFront, ModuleFolderFront, ModuleFront, Problems, did_you_mean, parse, read
from graders.items import CaseSpec
from labs.content import ContentError, Problem

_Stamp = tuple[tuple[str, int, int], ...]
_TAKEN = {
    "attempts",
    "enrol",
    "images",
    "items",
    "sheets",
}  # courses/urls.py has these where a lesson's name stands; exam_urls.py, the first


@dataclass(frozen=True)
class Catalog:
    """A folder of courses, read."""

    courses: dict[str, Course]
    glossary: dict[str, Term]
    inventory: dict[str, str]  # what there is to teach: names by id


LOOK_SECONDS = 1.0  # a changed file is read within that time; to look at all of them is a millisecond of each page
_kept: dict[tuple[Path, Path, Path], tuple[_Stamp, Catalog, list[Problem]]] = {}
_looked: dict[tuple[Path, Path, Path], float] = {}


def load_catalog(root: Path, *, labs: Path, static: Path) -> dict[str, Course]:
    """Return the courses of a folder by slug; one that has a problem is left out (see catalog_problems).

    labs: the catalog of labs that courses refer to. static: the folder that is served as /static/.
    """
    return _catalog(root, labs, static)[0].courses


def whole_catalog(root: Path, *, labs: Path, static: Path) -> Catalog:
    """Return the courses of a folder with their glossary and the inventory of what they teach."""
    return _catalog(root, labs, static)[0]


def catalog_problems(root: Path, *, labs: Path, static: Path) -> list[Problem]:
    """Return all that is wrong with the courses of a folder, by file and line."""
    return list(_catalog(root, labs, static)[1])


def catalog_warnings(root: Path, *, labs: Path, static: Path) -> list[Problem]:
    """Return what is worth a second look in the courses of a folder that can be taken, by file and line."""
    courses = _catalog(root, labs, static)[0].courses.values()
    return lint(item for course in courses for item in (*course.items.values(), *course.bank))


def catalog_lint(root: Path, *, labs: Path, static: Path) -> list[Problem]:
    """Return what the house asks of a lesson beyond that it can be read, by file and line: courses.W05x."""
    return lint_lessons(_catalog(root, labs, static)[0].courses.values())


def _catalog(root: Path, labs: Path, static: Path) -> tuple[Catalog, list[Problem]]:
    key = (root, labs, static)
    kept = _kept.get(key)
    now = time.monotonic()
    if kept and now - _looked[key] < LOOK_SECONDS:
        return kept[1], kept[2]
    _looked[key] = now
    stamp = _stamp(root, labs, static)
    if kept is None or kept[0] != stamp:
        courses: dict[str, Course] = {}
        problems = Problems()
        shared = _shared(root, problems)
        for folder in _folders(root):
            try:
                courses[folder.name] = _course(folder, labs, static, shared)
            except ContentError as error:
                problems.extend(error.problems)
        courses = {one.slug: one for one in sorted(courses.values(), key=lambda one: (one.order, one.slug))}
        problems.extend(_repeated_exams(courses))
        problems.extend(_unknown_courses(courses, {folder.name for folder in _folders(root)}))
        kept = _kept[key] = (stamp, Catalog(courses, shared.glossary, shared.inventory), problems)
    return kept[1], kept[2]


@dataclass(frozen=True)
class _Shared:
    """What all courses of a folder have in common."""

    glossary: dict[str, Term]
    inventory: dict[str, str]
    lessons: dict[str, frozenset[str]]  # of each course
    known: bool  # whether there is an inventory


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("*") if path.is_dir() and not path.name.startswith((".", "_")))


def _shared(root: Path, problems: Problems) -> _Shared:
    terms = load_glossary(root, shown=_shown(root / "glossary.md"), problems=problems)
    inventory = inventory_of(root / "inventory.yaml", _shown(root / "inventory.yaml"), problems)
    lessons = {folder.name: frozenset(listed(folder).lessons) for folder in _folders(root)}
    return _Shared(terms, inventory or {}, lessons, inventory is not None)


def _unknown_courses(courses: dict[str, Course], folders: set[str]) -> Problems:
    problems = Problems()
    for course in courses.values():
        for slug in course.prerequisites:
            if slug not in folders or slug == course.slug:
                hint = did_you_mean(slug, folders - {course.slug})
                problems.add(course.path, 1, 66, f"there is no course {slug} to come before", hint)
    return problems


def _repeated_exams(courses: dict[str, Course]) -> Problems:
    """Hold that an exam's name is an address: of two courses that have the same, the later is left out."""
    problems = Problems()
    first: dict[str, Exam] = {}
    for course in list(courses.values()):
        for exam in course.exams:
            earlier = first.setdefault(exam.slug, exam)
            if earlier is not exam:
                hint = f"{earlier.path} has it already; give one of them another name"
                problems.add(exam.path, 1, 56, f"the exam {exam.slug} is there twice", hint)
                courses.pop(course.slug, None)
    return problems


def _stamp(root: Path, labs: Path, static: Path) -> _Stamp:
    """Return what tells one state of the files from another: each one's name, time (ns) and size."""
    files = [*root.rglob("*"), *(static / "courses").rglob("*"), *labs.glob("*"), *labs.glob("*/lab.md")]
    found = []
    for path in sorted(files):
        try:
            about = path.stat()
        except OSError:  # removed just now
            continue
        found.append((str(path), about.st_mtime_ns, about.st_size))
    return tuple(found)


def load_course(folder: Path, *, labs: Path, static: Path) -> Course:
    """Return the course of a folder. Raises ContentError with ALL of its problems."""
    problems = Problems()
    shared = _shared(folder.parent, problems)
    if problems:
        raise ContentError(sorted(problems))
    return _course(folder, labs, static, shared)


def _course(folder: Path, labs: Path, static: Path, shared: _Shared) -> Course:
    problems = Problems()
    path = _shown(folder / "course.yaml")
    source = ""
    if (folder / "course.yaml").is_file():
        source = read(folder / "course.yaml", path, problems)
    else:
        problems.add(path, 1, 31, "the course has no course.yaml", "write one, or take the folder away")
    front = None if problems else parse(CourseFront, source, path, problems)
    _hold_slug(folder.name, path, problems)

    found = listed(folder)
    files = found.lessons
    around = Surroundings(
        course=folder.name,
        lessons=frozenset(files),
        drawings=folder / "images",
        sheets=frozenset(found.sheets),
        others={slug: lessons for slug, lessons in shared.lessons.items() if slug != folder.name},
        terms=shared.glossary,
        inventory=frozenset(shared.inventory) if shared.known else None,
        labs=frozenset(file.parent.name for file in labs.glob("*/lab.md")),
        domains=front.domains if front else {},
        images=static / "courses" / folder.name,
    )
    for one, file in found.twice:
        problems.add(_shown(file), 1, 13, f"there are two lessons {one}", f"the other is {_shown(files[one])}")
    lessons = _lessons(files, around, problems)
    sheets = _sheets(found, around, problems)
    listed_modules = [*(front.modules if front else ()), *_module_folders(found, problems)]
    bank: list[Item] = []
    for file in sorted((folder / "items").glob("*.md")):
        text = read(file, _shown(file), problems)
        bank.extend(parse_bank(text, path=_shown(file), around=around, problems=problems))
    _hold_unique(
        [*(one for lesson in lessons.values() for one in lesson.segments if isinstance(one, Item)), *bank], problems
    )
    drilled = front.practice if front else ()
    _hold_practice(drilled, bank, path, source, problems)
    drawn = [item for item in bank if Path(item.path).stem not in drilled]
    exams: list[Exam] = []
    for file in sorted((folder / "exams").glob("*.md")):
        shown = _shown(file)
        _hold_slug(file.stem, shown, problems)
        text = read(file, shown, problems)
        exam = parse_exam(text, slug=file.stem, path=shown, around=around, bank=drawn, problems=problems)
        exams += [exam] if exam else []
    if front and not listed_modules and not files and not any((folder / "exams").glob("*.md")):
        problems.add(path, 1, 31, "the course has no module and no exam", "list its lessons under modules")
    if front:
        _hold_lists(front, files, found.in_modules, around, path, source, problems)
    if problems or front is None:
        raise ContentError(sorted(problems))
    modules = (
        Module(m.title, m.summary, tuple(lessons[slug] for slug in m.lessons), m.labs, m.requires)
        for m in listed_modules
    )
    return Course(
        slug=folder.name,
        title=front.title,
        summary=front.summary,
        level=front.level,
        objectives=front.objectives,
        domains=front.domains,
        modules=tuple(modules),
        bank=tuple(bank),
        path=path,
        exams=tuple(exams),
        practice=drilled,
        sheets=sheets,
        order=front.order,
        prerequisites=front.prerequisites,
        drawings=folder / "images",
    )


def _shown(path: Path) -> str:
    """Return a path as an editor opens it: from the folder that we run in, where it is below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _module_folders(found: Files, problems: Problems) -> list[ModuleFront]:
    """Return the modules that are folders: modules/<number>-<name>/, with their lessons in the order of their names."""
    modules: list[ModuleFront] = []
    for folder, slugs in found.modules:
        file, before = folder / "module.yaml", len(problems)
        source = read(file, _shown(file), problems) if file.is_file() else ""
        if not file.is_file():
            problems.add(_shown(file), 1, 31, "the module has no module.yaml", "write one, with its title")
        front = parse(ModuleFolderFront, source, _shown(file), problems) if len(problems) == before else None
        if front and not slugs:
            problems.add(_shown(file), 1, 31, "the module has no lesson", "write one beside it, 01-name.md")
        elif front:
            modules.append(ModuleFront(lessons=tuple(slugs), **front.model_dump()))
    return modules


def _sheets(found: Files, around: Surroundings, problems: Problems) -> tuple[Sheet, ...]:
    sheets: list[Sheet] = []
    for slug, file in found.sheets.items():
        _hold_slug(slug, _shown(file), problems)
        text = read(file, _shown(file), problems)
        sheet = parse_sheet(text, slug=slug, path=_shown(file), around=around, problems=problems)
        sheets += [sheet] if sheet else []
    return tuple(sheets)


def _lessons(files: Mapping[str, Path], around: Surroundings, problems: Problems) -> dict[str, Lesson]:
    lessons: dict[str, Lesson] = {}
    for slug, file in files.items():
        path, before = _shown(file), len(problems)
        _hold_slug(slug, path, problems)
        source = read(file, path, problems)
        if len(problems) == before:
            lesson = _lesson(source, slug, path, around, problems)
            if lesson:
                lessons[slug] = lesson
    return lessons


_read: dict[str, tuple[bytes, Lesson | None, list[Problem]]] = {}  # by path: what its text, in its place, gave last


def _lesson(source: str, slug: str, path: str, around: Surroundings, problems: Problems) -> Lesson | None:
    """Return a lesson, read anew only if its text has changed, or something that it may refer to."""
    mark = hashlib.sha256(f"{around.fingerprint}\n{slug}\n{source}".encode()).digest()
    kept = _read.get(path)
    if kept is None or kept[0] != mark:
        mine = Problems()
        kept = _read[path] = (mark, parse_lesson(source, slug=slug, path=path, around=around, problems=mine), mine)
    problems.extend(kept[2])
    return kept[1]


def _hold_slug(name: str, path: str, problems: Problems) -> None:
    if name in _TAKEN:
        problems.add(path, 1, 30, f"the name {name} is an address of the site's own", "choose another")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name, re.ASCII) or len(name) > 100:
        problems.add(path, 1, 30, f"the name {name} cannot be an address", "use a-z and 0-9, with - between words")


def _hold_practice(names: Iterable[str], bank: Iterable[Item], path: str, source: str, problems: Problems) -> None:
    files = {Path(item.path).stem for item in bank}
    line = next((number for number, text in enumerate(source.split("\n"), 1) if text.startswith("practice:")), 1)
    for name in names:
        if name not in files:
            hint = did_you_mean(name, files) or f"write items/{name}.md"
            problems.add(path, line, 57, f"there are no items in items/{name}.md", hint)


def _hold_unique(items: Iterable[Item], problems: Problems) -> None:
    """Hold that an id, of an item or of a question of a case, is used once."""
    first: dict[str, Item] = {}
    for item in items:
        questions = [one.id for one in item.spec.parts] if isinstance(item.spec, CaseSpec) else []
        for name in dict.fromkeys([item.id, *questions]):
            earlier = first.setdefault(name, item)
            if earlier is not item:
                where = f"it stands at {earlier.path}:{earlier.line} already"
                problems.add(item.path, item.line, 24, f"the item id {name} is used twice", where)


def _hold_lists(
    front: CourseFront,
    files: Mapping[str, Path],
    in_modules: Collection[str],
    around: Surroundings,
    path: str,
    source: str,
    problems: Problems,
) -> None:
    """Hold the lists of course.yaml against the folders: each lesson in one place, each lab there."""
    lines = source.split("\n")

    def line_of(slug: str) -> int:
        word = re.compile(rf"(?<![\w-]){re.escape(slug)}(?![\w-])")
        return next((number for number, text in enumerate(lines, 1) if word.search(text)), 1)

    seen: set[str] = set(in_modules)
    for module in front.modules:
        for domain in module.requires:
            if domain not in front.domains:
                hint = did_you_mean(domain, front.domains)
                problems.add(path, line_of(domain), 51, f"the domain {domain} is not one of the course's", hint)
        for slug in module.lessons:
            if slug not in files:
                hint = did_you_mean(slug, files) or f"write lessons/{slug}.md"
                problems.add(path, line_of(slug), 10, f"there is no lesson {slug}", hint)
            if slug in seen:
                problems.add(path, line_of(slug), 13, f"the lesson {slug} is listed twice", "list it once")
            seen.add(slug)
        for slug in module.labs:
            if slug not in around.labs:
                problems.add(path, line_of(slug), 12, f"there is no lab {slug}", did_you_mean(slug, around.labs))
    for slug, file in files.items():
        if slug not in seen:
            hint = f"list it in {path}, or take the file away"
            problems.add(_shown(file), 1, 11, f"the lesson {slug} is in no module", hint)
