"""docs/schemas is what `manage.py schemas --write` makes, and takes every file that the catalog has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from courses import selectors
from courses.content.schemas import SCHEMAS, text
from labs.content.yamls import load

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "lab": "labs/catalog/*/lab.md",
    "course": "courses/catalog/*/course.yaml",
    "module": "courses/catalog/*/modules/*/module.yaml",
    "exam": "courses/catalog/*/exams/*.md",
}


def front_matter(path: Path) -> Any:
    written = path.read_text()
    document = load(written if path.suffix == ".yaml" else written.split("\n---\n", 1)[0].removeprefix("---\n"), 1)
    assert not document.mistakes
    return document.value


def lessons() -> Iterator[Path]:
    yield from (ROOT / "courses" / "catalog").glob("*/lessons/*.md")
    yield from (ROOT / "courses" / "catalog").glob("*/modules/*/*.md")


def mistakes(name: str, value: Any) -> list[str]:
    return [
        f"{list(one.path)}: {one.message}" for one in Draft202012Validator(json.loads(text(name))).iter_errors(value)
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_its_file_is_up_to_date(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(text(name)))
    said = "manage.py schemas --write makes it anew"
    assert (ROOT / "docs" / "schemas" / f"{name}.json").read_text() == text(name), said


def test_no_file_is_there_for_nothing() -> None:
    assert {path.stem for path in (ROOT / "docs" / "schemas").iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", ["lesson", *FILES])
def test_all_of_the_catalog_is_taken(name: str) -> None:
    paths = list(lessons()) if name == "lesson" else list(ROOT.glob(FILES[name]))
    assert paths
    assert {str(path): found for path in paths if (found := mistakes(name, front_matter(path)))} == {}


def test_the_headings_of_all_items_are_taken() -> None:
    validator = Draft202012Validator(json.loads(text("item")))
    items = [item for course in selectors.catalog() for item in course.items.values()]
    assert items
    for item in items:
        words = {key: getattr(item, key) for key in ("id", "type", "domain", "points", "difficulty", "status", "skill")}
        assert validator.is_valid({key: value for key, value in words.items() if value != ""}), item.id


LAB = {"title": "A", "summary": "B", "level": "guided", "minutes": 5, "services": ["s3"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lab", LAB | {"titel": "A"}),
        ("lab", LAB | {"level": "hard"}),
        ("lab", LAB | {"minutes": 0}),
        ("lab", LAB | {"parameters": {"Bucket": "acme-{hex4}"}}),
        ("lab", {key: value for key, value in LAB.items() if key != "services"}),
        ("lesson", {"title": "A", "minutes": 5, "objectives": ["B"], "as_of": "yesterday"}),
        ("lesson", {"title": "A", "minutes": 5, "objectives": [], "as_of": "2026-11"}),
        ("course", {"title": "A", "summary": "B", "level": "C", "objectives": ["D"], "domains": {"Not one": "x"}}),
        ("item", {"id": "a", "type": "choise"}),
        ("item", {"id": "a", "type": "choice", "point": 2}),
    ],
)
def test_a_mistake_is_marked_while_it_is_typed(name: str, value: Any) -> None:
    assert mistakes(name, value)


def test_numbers_and_months_may_be_written_as_they_are() -> None:
    assert mistakes("lab", LAB | {"parameters": {"port": {"one_of": [8080, 8443]}, "name": "acme-{hex4}"}}) == []
    assert mistakes("lesson", {"title": "A", "minutes": 5, "objectives": ["B"], "as_of": "2026-11"}) == []


def test_a_file_that_is_out_of_date_is_told(tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(SystemExit):
        call_command("schemas", "--check")
    assert "docs/schemas/lab.json" in capsys.readouterr().err
    call_command("schemas", "--write")
    call_command("schemas", "--check")
    call_command("schemas", "exam")
    assert json.loads(capsys.readouterr().out)["title"] == "Skylab exam"


def test_the_editors_settings_name_schemas_and_files_that_are_there() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text())
    for schema, files in settings["yaml.schemas"].items():
        assert (ROOT / schema).is_file()
        assert list(ROOT.glob(files)), files


def test_the_editors_tasks_understand_what_lint_prints() -> None:
    tasks = json.loads((ROOT / ".vscode" / "tasks.json").read_text())["tasks"]
    said = "labs/catalog/x/lab.md:41: labs.W001 no near miss fails x (a check that was never seen to fail)"
    for task in tasks[:2]:
        match = re.match(task["problemMatcher"]["pattern"]["regexp"], said)
        assert match is not None
        assert match.groups()[:4] == ("labs/catalog/x/lab.md", "41", "labs.W001", "W")
