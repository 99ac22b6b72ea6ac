"""Where the files of a course are: lessons in lessons/ or in folders of modules/, sheets, and what the catalog shares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from courses.content.source import Problems, read
from labs.content.yamls import load

_NUMBER = re.compile(r"^\d+-")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,3}-[0-9]{2,3}", re.ASCII)


@dataclass(frozen=True)
class Files:
    """The files of a course. `modules`: each folder of modules/ with the slugs of its lessons, both in order."""

    lessons: dict[str, Path]
    modules: tuple[tuple[Path, tuple[str, ...]], ...]
    sheets: dict[str, Path]
    twice: tuple[tuple[str, Path], ...]  # lessons whose name another has already

    @property
    def in_modules(self) -> frozenset[str]:
        """Return the lessons that a folder of modules/ lists by holding them."""
        return frozenset(slug for _, slugs in self.modules for slug in slugs)


def listed(folder: Path) -> Files:
    """Return the files of a course's folder. A number in front of a name is for the order alone: 01-regions.md."""
    lessons: dict[str, Path] = {file.stem: file for file in sorted((folder / "lessons").glob("*.md"))}
    modules: list[tuple[Path, tuple[str, ...]]] = []
    twice: list[tuple[str, Path]] = []
    for place in sorted(path for path in (folder / "modules").glob("*") if path.is_dir()):
        mine: list[str] = []
        for file in sorted(place.glob("*.md")):
            slug = lesson_slug(file)
            if slug in lessons:
                twice.append((slug, file))
                continue
            lessons[slug] = file
            mine.append(slug)
        modules.append((place, tuple(mine)))
    sheets = {lesson_slug(file): file for file in sorted((folder / "sheets").glob("*.md"))}
    return Files(lessons, tuple(modules), sheets, tuple(twice))


def lesson_slug(file: Path) -> str:
    """Return the name that a file gives its lesson in addresses."""
    return _NUMBER.sub("", file.stem)


def inventory_of(path: Path, shown: str, problems: Problems) -> dict[str, str] | None:
    """Return what there is to teach, names by id, of inventory.yaml; None where the catalog has none."""
    if not path.is_file():
        return None
    document = load(read(path, shown, problems), 1)
    for line, message, hint in document.mistakes:
        problems.add(shown, line, 3, message, hint)
    if document.mistakes:
        return {}
    if not isinstance(document.value, dict):
        problems.add(
            shown, 1, 67, "the inventory lists nothing", "write lines as S3-01: Object storage in one sentence"
        )
        return {}
    found: dict[str, str] = {}
    for key, name in document.value.items():
        if not _ID.fullmatch(str(key)) or not isinstance(name, str) or not name.strip():
            hint = "write lines as S3-01: Object storage in one sentence"
            problems.add(shown, document.line((key,)), 67, f"{key} is no line of an inventory", hint)
        else:
            found[str(key)] = name.strip()
    return found
