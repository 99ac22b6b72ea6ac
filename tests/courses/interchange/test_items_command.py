"""manage.py items: import, export, lint; what they print and how they end."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from courses.content.items import write_item
from courses.interchange.examples import EXAMPLES
from courses.interchange.files import lint, read_files

FIXTURES = Path(__file__).parent / "fixtures"


def run(*words: object) -> tuple[int, str, str]:
    """The exit status, and what was printed to standard output and error."""
    out, err = StringIO(), StringIO()
    try:
        call_command("items", *(str(word) for word in words), stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A file of ours with an item of every type."""
    file = tmp_path / "ours.md"
    file.write_text("\n".join(write_item(item) for item in EXAMPLES.values()), encoding="utf-8")
    return file


def test_import_writes_our_markdown_and_prints_the_report(tmp_path: Path) -> None:
    target = tmp_path / "new.md"
    status, out, err = run("import", FIXTURES / "canvas.xml", "--to", target)
    assert (status, err) == (1, "")  # the essay is left out
    assert "q-essay\n  canvas.xml:108: item left out: an essay is read by people" in out
    assert f"6 items of QTI 1.2 (Canvas), written to {target}. Report: 1 left out, 6 lost, 1 changed." in out
    found = read_files([target])
    assert found.problems == ()
    assert [one.id for one in found.items][:2] == ["q-choice", "q-several"]


def test_import_without_a_target_only_reports(tmp_path: Path) -> None:
    status, out, _ = run("import", FIXTURES / "quiz.aiken.txt", "--json")
    report = json.loads(out)
    assert status == 1
    assert report["losses"][0]["kind"] == "left out"
    assert report["losses"][0]["line"] == 13
    assert report["to_mend"] == []
    assert "nothing is written" in report["summary"]


def test_import_says_what_is_to_be_mended(tmp_path: Path) -> None:
    target = tmp_path / "new.md"
    status, out, _ = run("import", FIXTURES / "quiz.gift", "--to", target)
    assert status == 1
    assert f"to mend: {target}:37: courses.E026 short-one: The answer has no rationale." in out


def test_nothing_is_overwritten_without_force(tmp_path: Path, ours: Path) -> None:
    before = ours.read_text()
    status, out, err = run("import", FIXTURES / "canvas.xml", "--to", ours)
    assert (status, out) == (2, "")
    assert f"{ours} exists already. Name another file, or overwrite it with --force." in err
    assert ours.read_text() == before
    assert run("export", ours, "--format", "gift", "--to", ours)[0] == 2
    assert run("import", FIXTURES / "canvas.xml", "--to", ours, "--force")[0] == 1
    assert ours.read_text() != before


def test_wrong_use_is_told(tmp_path: Path, ours: Path) -> None:
    status, _, err = run("import", tmp_path / "no.xml")
    assert (status, err) == (2, f"{tmp_path / 'no.xml'} cannot be read: No such file or directory.\n")
    status, _, err = run("export", ours, "--format", "csv", "--to", tmp_path / "no" / "x.csv")
    assert status == 2
    assert "Name a file in a folder that exists." in err


def test_a_refused_file_leaves_nothing(tmp_path: Path) -> None:
    bad, target = tmp_path / "bad.xml", tmp_path / "new.md"
    bad.write_text('<!DOCTYPE quiz [<!ENTITY x "\x07">]><quiz>&x;</quiz>')
    status, out, err = run("import", bad, "--to", target)
    assert (status, out) == (3, "")
    assert err.startswith("bad.xml:1: ")
    assert not target.exists()


@pytest.mark.parametrize("format", ["moodle", "gift", "csv"])
def test_export_and_import_give_the_same_items(format: str, ours: Path, tmp_path: Path) -> None:
    away, back = tmp_path / "away", tmp_path / "back.md"
    assert run("export", ours, "--format", format, "--to", away)[0] == 1  # the lab is left out
    assert run("import", away, "--format", format, "--to", back)[0] == 1
    before = {one.id: one for one in read_files([ours]).items}
    after = {one.id: one for one in read_files([back]).items}
    assert before.keys() - after.keys() == {"the-lab"}
    same = [name for name, item in after.items() if item.revision == before[name].revision]
    assert {"the-choice", "the-response", "the-number", "the-text", "the-case"} <= set(same)


def test_export_of_a_folder(ours: Path) -> None:
    status, out, _ = run("export", ours.parent, "--format", "qti30", "--json")
    assert status == 1
    report = json.loads(out)
    assert report["summary"] == "7 items as QTI 3.0, would be written."
    assert {one["item"] for one in report["losses"]} >= {"the-lab", "the-matching"}


def test_a_file_with_mistakes_is_not_exported(ours: Path, tmp_path: Path) -> None:
    ours.write_text(ours.read_text().replace(".choice", ".chioce", 1))
    status, _, err = run("export", ours, "--format", "gift", "--to", tmp_path / "x.gift")
    assert status == 1
    assert f"{ours}:1: courses.E021 the item type .chioce is not known" in err
    assert not (tmp_path / "x.gift").exists()


def test_lint_names_file_line_and_remedy(ours: Path) -> None:
    assert run("lint", ours)[:2] == (0, "8 items: 0 errors, 0 warnings.\n")
    text = ours.read_text()
    ours.write_text(text + "\n" + text.split("\n### ")[0].replace("None of these <!-- last -->", "None of the above"))
    status, out, _ = run("lint", ours)
    assert status == 1
    assert "courses.E024 the id the-choice is used twice (it stands at " in out
    assert "courses.W061 the-choice: “None of the above” leans on the order" in out
    assert "write <!-- last --> behind it" in out
    assert out.endswith("9 items: 1 errors, 1 warnings.\n")
    status, out, _ = run("lint", ours, "--json")
    rows = json.loads(out)["problems"]
    assert {one["id"] for one in rows} == {"courses.E024", "courses.W061"}
    assert all(one["remedy"] and one["line"] > 1 for one in rows)


def test_lint_reads_lessons_too_and_tells_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lesson.md"
    file.write_text(f"---\ntitle: x\n---\n\nText.\n\n{write_item(EXAMPLES['choice'])}")
    found = read_files([file])
    assert [one.line for one in found.items] == [7]
    assert found.problems == ()
    status, out, _ = run("lint", tmp_path / "no.md")
    assert status == 1
    assert "cannot be read" in out


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("All of the above", True),
        ("Both A and C", True),
        ("None of these", False),
        ("Option B", True),
        ("Both Availability Zones", False),
        ("The two others", True),
        ("Choose a Spot option and wait", False),
        ("Either a role or a user", False),
        ("Amazon S3", False),
    ],
)
def test_words_that_lean_on_the_order(text: str, leans: bool, tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text(f"### Q {{#q .choice}}\n\n- [x] yes\n  > w\n- [ ] {text}\n  > w\n")
    assert bool(lint(read_files([file]).items)) == leans


def test_a_habit_of_long_right_options_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    one = "### Q {{#q{0} .choice}}\n\n- [x] the right one is long\n  > w\n- [ ] short\n  > w\n\n"
    file.write_text("".join(one.format(n) for n in range(6)))
    [problem] = lint(read_files([file]).items)
    assert problem.id == "courses.W062"
    assert "in 6 of 6 choice items the right option is the longest" in problem.message
