"""The catalog of courses: a folder a course, read whole, checked whole, and kept until a file of it changes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from courses.content.exam_files import parse_exam
from courses.content.exams import Exam
from courses.content.lessons import Surroundings, parse_bank, parse_lesson
from courses.content.lint import lint
from courses.content.model import Course, Item, Lesson, Module
from courses.content.source import CourseFront, Problems, did_you_mean, parse, read
from graders.items import CaseSpec
from labs.content import ContentError, Problem

_Stamp = tuple[tuple[str, int, int], ...]
_TAKEN = {
    "attempts",
    "enrol",
    "items",
}  # courses/urls.py has these where a lesson's name stands; exam_urls.py, the first
LOOK_SECONDS = 1.0  # a changed file is read within that time; to look at all of them is a millisecond of each page
_kept: dict[tuple[Path, Path, Path], tuple[_Stamp, dict[str, Course], list[Problem]]] = {}
_looked: dict[tuple[Path, Path, Path], float] = {}


def load_catalog(root: Path, *, labs: Path, static: Path) -> dict[str, Course]:
    """Return the courses of a folder by slug; one that has a problem is left out (see catalog_problems).

    labs: the catalog of labs that courses refer to. static: the folder that is served as /static/.
    """
    return _catalog(root, labs, static)[0]


def catalog_problems(root: Path, *, labs: Path, static: Path) -> list[Problem]:
    """Return all that is wrong with the courses of a folder, by file and line."""
    return list(_catalog(root, labs, static)[1])


def catalog_warnings(root: Path, *, labs: Path, static: Path) -> list[Problem]:
    """Return what is worth a second look in the courses of a folder that can be taken, by file and line."""
    courses = _catalog(root, labs, static)[0].values()
    return lint(item for course in courses for item in (*course.items.values(), *course.bank))


def _catalog(root: Path, labs: Path, static: Path) -> tuple[dict[str, Course], list[Problem]]:
    key = (root, labs, static)
    kept = _kept.get(key)
    now = time.monotonic()
    if kept and now - _looked[key] < LOOK_SECONDS:
        return kept[1], kept[2]
    _looked[key] = now
    stamp = _stamp(root, labs, static)
    if kept is None or kept[0] != stamp:
        courses: dict[str, Course] = {}
        problems: list[Problem] = []
        for folder in sorted(path for path in root.glob("*") if path.is_dir() and not path.name.startswith((".", "_"))):
            try:
                courses[folder.name] = load_course(folder, labs=labs, static=static)
            except ContentError as error:
                problems.extend(error.problems)
        problems.extend(_repeated_exams(courses))
        kept = _kept[key] = (stamp, courses, problems)
    return kept[1], kept[2]


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
    path = _shown(folder / "course.yaml")
    source = ""
    if (folder / "course.yaml").is_file():
        source = read(folder / "course.yaml", path, problems)
    else:
        problems.add(path, 1, 31, "the course has no course.yaml", "write one, or take the folder away")
    front = None if problems else parse(CourseFront, source, path, problems)
    _hold_slug(folder.name, path, problems)

    files = {file.stem: file for file in sorted((folder / "lessons").glob("*.md"))}
    around = Surroundings(
        course=folder.name,
        lessons=frozenset(files),
        labs=frozenset(file.parent.name for file in labs.glob("*/lab.md")),
        domains=front.domains if front else {},
        images=static / "courses" / folder.name,
    )
    lessons = _lessons(files, around, problems)
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
    if front and not front.modules and not files and not any((folder / "exams").glob("*.md")):
        problems.add(path, 1, 31, "the course has no module and no exam", "list its lessons under modules")
    if front:
        _hold_lists(front, files, around, path, source, problems)
    if problems or front is None:
        raise ContentError(sorted(problems))
    modules = (
        Module(m.title, m.summary, tuple(lessons[slug] for slug in m.lessons), m.labs, m.requires)
        for m in front.modules
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
    )


def _shown(path: Path) -> str:
    """Return a path as an editor opens it: from the folder that we run in, where it is below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _lessons(files: Mapping[str, Path], around: Surroundings, problems: Problems) -> dict[str, Lesson]:
    lessons: dict[str, Lesson] = {}
    for slug, file in files.items():
        path, before = _shown(file), len(problems)
        _hold_slug(slug, path, problems)
        source = read(file, path, problems)
        if len(problems) == before:
            lesson = parse_lesson(source, slug=slug, path=path, around=around, problems=problems)
            if lesson:
                lessons[slug] = lesson
    return lessons


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
    front: CourseFront, files: Mapping[str, Path], around: Surroundings, path: str, source: str, problems: Problems
) -> None:
    """Hold the lists of course.yaml against the folders: each lesson in one place, each lab there."""
    lines = source.split("\n")

    def line_of(slug: str) -> int:
        word = re.compile(rf"(?<![\w-]){re.escape(slug)}(?![\w-])")
        return next((number for number, text in enumerate(lines, 1) if word.search(text)), 1)

    seen: set[str] = set()
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
