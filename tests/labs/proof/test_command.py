"""`manage.py test_labs`, as a person and as a machine call it: a process, a sandbox host of its own, an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.labs.proof.conftest import SOUND

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    for slug, source in (("sound", SOUND), ("unread", SOUND.replace("minutes: 10", "minutes: ten"))):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "lab.md").write_text(source)
    return tmp_path


def run_test_labs(catalog: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "test_labs", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "SKYLAB_LOCAL": "1",
            "LAB_CATALOG": str(catalog),
            "DJANGO_SETTINGS_MODULE": "skylab.settings",
        },
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_sound_labs_are_proved_and_a_broken_file_fails_the_whole(catalog: Path) -> None:
    done = run_test_labs(catalog, "--json", "--seeds", "1")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert [(lab["slug"], lab["ok"], lab["findings"]) for lab in said["labs"]] == [("sound", True, [])]
    assert said["ok"] is False
    found = said["findings"][0]
    assert found.pop("cause").startswith("minutes should be a valid integer")
    assert found == {
        "file": f"{catalog}/unread/lab.md",
        "line": 5,
        "id": "labs.E005",
        "severity": "error",
        "remedy": "",
    }
    assert 0 < said["labs"][0]["seconds"] <= said["seconds"] + 0.1
    assert "unread/lab.md:5" in done.stderr
    assert said["labs"][0]["mutants"]["killed"] == 7


def test_one_mutant_is_shown_with_its_commands_and_its_fate(catalog: Path) -> None:
    done = run_test_labs(catalog, "sound", "--mutant", "setting-switched:put-bucket-versioning:status")
    assert done.returncode == 0, done.stderr
    assert "Enabled → Suspended" in done.stdout
    assert "killed: Versioning is on of task versions failed" in done.stdout
    assert "--versioning-configuration Status=Suspended" in done.stdout


def test_a_mutant_that_is_not_there_is_told_before_anything_starts(catalog: Path) -> None:
    done = run_test_labs(catalog, "sound", "--mutant", "left-out:put-bucket-versionin")
    assert done.returncode == 2
    assert "did you mean left-out:put-bucket-versioning?" in done.stderr


def test_a_lab_that_is_not_there_is_told_before_anything_starts(catalog: Path) -> None:
    done = run_test_labs(catalog, "soun")
    assert done.returncode == 2
    assert "There is no lab soun in" in done.stderr
    assert "did you mean sound?" in done.stderr


def test_several_labs_are_proved_at_a_time_and_told_in_the_order_that_was_asked(catalog: Path) -> None:
    (catalog / "unread" / "lab.md").unlink()
    for slug in ("a-second", "b-third"):
        (catalog / slug).mkdir()
        (catalog / slug / "lab.md").write_text(SOUND.replace("Keep the invoices", slug))
    done = run_test_labs(catalog, "sound", "b-third", "a-second", "--json", "--seeds", "1")
    assert done.returncode == 0, done.stderr
    labs = json.loads(done.stdout)["labs"]
    assert [lab["slug"] for lab in labs] == ["sound", "b-third", "a-second"]
    played = [[(one["id"], one["fate"]) for one in lab["mutants"]["played"]] for lab in labs]
    assert played[0] == played[1] == played[2]
    assert labs[0]["mutants"]["killed"] == 7
