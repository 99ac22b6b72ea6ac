"""The catalog: what is there is read, what is broken is told, what has changed is read again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from labs.content import catalog_problems, json_schema, load_catalog
from tests.labs.content.conftest import GOOD


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for slug in ("one", "two"):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "lab.md").write_text(GOOD)
    return tmp_path


def test_labs_come_by_slug(root: Path) -> None:
    assert list(load_catalog(root)) == ["one", "two"]
    assert catalog_problems(root) == []


def test_a_broken_lab_is_left_out_and_told(root: Path) -> None:
    (root / "two" / "lab.md").write_text(GOOD.replace("minutes: 30", "minutes: x"))
    assert list(load_catalog(root)) == ["one"]
    (problem,) = catalog_problems(root)
    assert str(problem).startswith(f"{root}/two/lab.md:5: labs.E005 minutes")


def test_a_changed_lab_is_read_again_and_an_unchanged_one_is_not(root: Path) -> None:
    before = load_catalog(root)
    path = root / "one" / "lab.md"
    path.write_text(GOOD.replace("minutes: 30", "minutes: 31"))
    os.utime(path, ns=(1, 1))
    after = load_catalog(root)
    assert after["one"].minutes == 31
    assert after["two"] is before["two"]


def test_a_missing_catalog_is_a_problem(tmp_path: Path) -> None:
    assert load_catalog(tmp_path / "no") == {}
    assert catalog_problems(tmp_path / "no")[0].id == "labs.E001"


def test_django_s_checks_tell_an_author_s_mistake(root: Path, settings: Any) -> None:
    settings.LAB_CATALOG = root
    (root / "one" / "lab.md").write_text(GOOD.replace("minutes: 30", "minutes: x"))
    (root / "two" / "lab.md").write_text(GOOD.replace(" in {{ cidr }}", ""))
    found = {str(one.id): one for one in run_checks(tags=["content"]) if str(one.id).startswith("labs.")}
    assert found["labs.E005"].is_serious()
    assert f"{root}/one/lab.md:5" in found["labs.E005"].msg
    assert not found["labs.W002"].is_serious()


def test_the_schema_of_the_front_matter_is_json() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["title", "summary", "level", "minutes", "services"]
