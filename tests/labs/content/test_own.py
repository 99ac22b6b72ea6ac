"""A lab's checks.py is read as a tree, never run; every mistake has its line, its cause and the way out."""

# ruff: noqa: E501 - a mistake a line

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from graders import CheckCall, registry
from labs.content import ContentError, Lab, Problem, bind, catalog_problems, draw, load_catalog, load_lab, parse_lab
from labs.content.own import MAX_BYTES, read_own
from tests.labs.content.conftest import GOOD

CHECKS = '''\
"""What this lab asks that no other does."""

import re

from graders import Account, Fail, check

WANTED = "Enabled"
NAME = re.compile("[a-z]+")


@check(permissions=["s3:GetBucketVersioning", "s3:ListBucket"])
def keeps_versions(account: Account, *, bucket: str, days: list[int] | None = None) -> None:
    """The bucket {bucket} keeps overwritten objects.

    As long as it is there.
    """
    if _status(account, bucket) != WANTED:
        raise Fail("It does not.")


def _status(account: Account, bucket: str) -> str:
    return str(account.read("s3", "get_bucket_versioning", Bucket=bucket).get("Status"))
'''
CALL = "~~~check lab.keeps_versions\nbucket: {{ bucket }}\n~~~\n"
SOURCE = GOOD.replace("~~~check s3.bucket_blocks", f"{CALL}\n~~~check s3.bucket_blocks", 1)


def lab_of(checks: str = CHECKS, source: str = SOURCE) -> Lab:
    return parse_lab(source, slug="good", path="labs/catalog/good/lab.md", checks=checks)


def problems_of(checks: str = CHECKS, source: str = SOURCE) -> list[str]:
    """Return what is wrong, without W001 (no near miss): errors, or warnings where there is none."""
    try:
        found: Any = lab_of(checks, source).warnings
    except ContentError as error:
        found = error.problems
    return [str(one).removeprefix("labs/catalog/good/") for one in found if one.id != "labs.W001"]


def test_what_is_read_of_it() -> None:
    check = lab_of().own_checks["lab.keeps_versions"]
    assert check.name == "lab.keeps_versions"
    assert check.line == "The bucket {bucket} keeps overwritten objects."
    assert check.permissions == ("s3:GetBucketVersioning", "s3:ListBucket")
    assert [(one.name, one.required) for one in check.parameters] == [("bucket", True), ("days", False)]
    assert problems_of() == []


def test_it_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    lab = lab_of(f"open({str(mark)!r}, 'w')\n{CHECKS}")
    assert not mark.exists()
    with pytest.raises(RuntimeError, match="in the judge only"):
        lab.own_checks["lab.keeps_versions"].function()


def test_the_lab_s_permissions_are_its_own_checks_too() -> None:
    lab = lab_of()
    calls = [call for task in lab.tasks for call in task.checks]
    of_the_others = registry.permissions(call for call in calls if call.name != "lab.keeps_versions")
    assert "s3:ListBucket" not in of_the_others
    assert registry.permissions(calls, lab.own_checks) == sorted(
        {*of_the_others, "s3:ListBucket", "s3:GetBucketVersioning"}
    )


def test_the_revision_is_that_of_both_files() -> None:
    without = parse_lab(GOOD, slug="good", path="p")
    assert without.revision == hashlib.sha256(GOOD.encode()).hexdigest()  # as it was before there were two
    assert len({without.revision, lab_of().revision, lab_of(CHECKS + "\n").revision}) == 3
    assert lab_of().checks_source == CHECKS


def test_a_session_s_values_are_in_the_call_and_not_in_the_file() -> None:
    bound = bind(lab_of(), {**draw(lab_of(), "1"), "account_id": "1", "region": "us-east-1"})
    assert "{{" not in bound.tasks[0].checks[0].parameters["bucket"]
    assert bound.checks_source == CHECKS
    assert set(bound.own_checks) == {"lab.keeps_versions"}


CALLS = [
    ("lab.keeps_versions", "lab.keeps_version", "labs.E014 check lab.keeps_version is not known (did you mean lab.keeps"),
    ("bucket: {{ bucket }}\n~~~\n\n~~~check s3", "buket: x\n~~~\n\n~~~check s3", "has no parameter buket (did you mean bucket?)"),
    ("bucket: {{ bucket }}\n~~~\n\n~~~check s3", "~~~\n\n~~~check s3", "labs.E014 lab.keeps_versions needs the parameter bucket"),
    ("bucket: {{ bucket }}\n~~~\n\n~~~check s3", "bucket: [a]\n~~~\n\n~~~check s3", "lab.keeps_versions: bucket must be text, not ['a']"),
    (
        "bucket: {{ bucket }}\n~~~\n\n~~~check s3",
        "bucket: x\ndays: [a]\n~~~\n\n~~~check s3",
        "lab.keeps_versions: days must be a list of whole numbers, not ['a']",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CALLS)
def test_a_call_that_does_not_fit_is_told_in_the_lab(old: str, new: str, said: str) -> None:
    source = SOURCE.replace(old, new, 1)
    assert source != SOURCE
    problems = problems_of(source=source)
    assert all(one.startswith("lab.md:") for one in problems)
    assert any(said in one for one in problems), problems


def test_without_a_file_no_own_check_is_known() -> None:
    assert "labs.E014 check lab.keeps_versions is not known" in problems_of("")[0]


SIGNATURE = "(account: Account, *, bucket: str, days: list[int] | None = None)"
DECORATOR = '@check(permissions=["s3:GetBucketVersioning", "s3:ListBucket"])'
MISTAKES = [
    # the file
    ("WANTED =", "WANTED = =", "checks.py:7: labs.E020 is not Python: invalid syntax"),
    ("WANTED = ", "WANTED = \0", "checks.py:0: labs.E020 is not Python: source code string cannot contain null bytes"),
    ('WANTED = "Enabled"', "WANTED = " + "-" * 60_000 + "1", "checks.py:0: labs.E020 is not Python: nested too deep"),
    ('WANTED = "Enabled"', "WANTED = a" + ".b" * 20_000, "checks.py:0: labs.E020 is not Python: nested too deep"),
    ('WANTED = "Enabled"', "WANTED = " + "9" * 5000, "checks.py:7: labs.E020 is not Python: Exceeds the limit"),
    ('WANTED = "Enabled"', f'WANTED = "{"x" * MAX_BYTES}"', "checks.py:0: labs.E020 is larger than 64 KiB"),
    ("import re\n", "import re\nfrom . import mine\n", "checks.py:4: labs.E020 checks.py stands alone"),
    # the decorator
    ("from graders import Account, Fail, check", "from graders import Account, Fail", "checks.py:12: labs.E021 check is not imported (write from graders import check)"),
    (DECORATOR, "@check", "checks.py:11: labs.E021 the decorator of keeps_versions takes permissions= and nothing else"),
    (DECORATOR, "@check()", "checks.py:11: labs.E021 the decorator of keeps_versions takes permissions="),
    (DECORATOR, DECORATOR[:-1] + ", validator=print)", "checks.py:11: labs.E021 the decorator of keeps_versions takes"),
    (DECORATOR, "@check(**{})", "checks.py:11: labs.E021 the decorator of keeps_versions takes permissions="),
    (DECORATOR, "@check(permissions=WANTED)", "checks.py:11: labs.E021 permissions must be written out"),
    (DECORATOR, "@check(permissions=[WANTED])", "checks.py:11: labs.E021 WANTED is not an IAM action (write it as"),
    (DECORATOR, "@check(permissions=['s3'])", "checks.py:11: labs.E021 's3' is not an IAM action"),
    (DECORATOR, f"@print\n{DECORATOR}", "checks.py:13: labs.E021 keeps_versions must be a plain function with one"),
    ("def keeps", "async def keeps", "checks.py:12: labs.E021 keeps_versions must be a plain function"),
    ("def _status", f'{DECORATOR}\ndef keeps_versions(account: Account) -> None:\n    """Twice."""\n\n\ndef _status', "checks.py:22: labs.E021 keeps_versions is there already (on line 12)"),
    # the learner's line
    ('    """The bucket {bucket} keeps overwritten objects.\n\n    As long as it is there.\n    """\n', "", "checks.py:12: labs.E022 keeps_versions has no docstring (its first line is the learner's)"),
    ("{bucket} keeps", "{buket} keeps", "checks.py:13: labs.E022 {buket} is not a parameter (there is {bucket}, {days})"),
    ("{bucket} keeps", "{bucket.__class__} keeps", "checks.py:13: labs.E022 {bucket.__class__} is not a parameter"),
    ("{bucket} keeps", "{bucket:>999999999} keeps", "checks.py:13: labs.E022"),
    ("{bucket} keeps", "{bucket!r} keeps", "checks.py:13: labs.E022"),
    ("{bucket} keeps", "{bucket:{days}} keeps", "checks.py:13: labs.E022"),
    ("{bucket} keeps", "{} keeps", "checks.py:13: labs.E022 {} is not a parameter"),
    ("{bucket} keeps", "{ keeps", "checks.py:13: labs.E022 the braces of the first line"),
    ("{bucket} keeps", "x" * 301 + " keeps", "checks.py:13: labs.E022 the first line is longer than 300 characters"),
    # the parameters
    (SIGNATURE, "(*, bucket: str, days: int = 1)", "checks.py:12: labs.E023 the first parameter of keeps_versions must be account: Account"),
    (SIGNATURE, "(account, *, bucket: str, days: int = 1)", "checks.py:12: labs.E023 the first parameter of"),
    (SIGNATURE, "(account: str, *, bucket: str, days: int = 1)", "checks.py:12: labs.E023 the first parameter of"),
    (SIGNATURE, "(account: Account, bucket: str, *, days: int = 1)", "checks.py:12: labs.E023 bucket must be keyword-only"),
    (SIGNATURE, "(account: Account, *more: str, bucket: str)", "checks.py:12: labs.E023 more must be keyword-only"),
    (SIGNATURE, "(account: Account, *, bucket: str, **more: str)", "checks.py:12: labs.E023 more must be keyword-only"),
    (SIGNATURE, "(account: Account, *, bucket, days: int = 1)", "checks.py:12: labs.E023 bucket has no annotation (known are str, int"),
    (SIGNATURE, "(account: Account, *, bucket: Path)", "checks.py:12: labs.E023 bucket: Path is not a type that a lab can fill in"),
    (SIGNATURE, "(account: Account, *, bucket: 'str')", "checks.py:12: labs.E023 bucket: 'str' is not a type"),
    (SIGNATURE, "(account: Account, *, bucket: list)", "checks.py:12: labs.E023 bucket: list is not a type"),
    (SIGNATURE, "(account: Account, *, bucket: dict[str])", "checks.py:12: labs.E023 bucket: dict[str] is not a type"),
    (SIGNATURE, "(account: Account, *, bucket: print('x'))", "checks.py:12: labs.E023 bucket: print('x') is not a type"),
    # warnings
    ("WANTED =", "print()\nWANTED =", "checks.py:7: labs.W004 this runs each time that a check is judged"),
    ('WANTED = "Enabled"', "WANTED = open('x').read()", "checks.py:7: labs.W004"),
    ("WANTED =", "for one in 'ab':\n    pass\nWANTED =", "checks.py:7: labs.W004"),
    ("def _status", f'{DECORATOR}\ndef other(account: Account) -> None:\n    """Other."""\n\n\ndef _status', "checks.py:22: labs.W005 no task uses lab.other (write ~~~check lab.other, or remove it)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_line_its_cause_and_the_way_out(old: str, new: str, said: str) -> None:
    checks = CHECKS.replace(old, new, 1)
    assert checks != CHECKS
    problems = problems_of(checks)
    assert any(one.startswith(said) for one in problems), problems


def test_a_mistake_of_one_check_is_not_one_of_its_callers_as_well() -> None:
    (problem,) = problems_of(CHECKS.replace("bucket: str", "bucket: Path"))
    assert "E023" in problem


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("str", str),
        ("int | None", int | None),
        ("None | str | int", None | str | int),
        ("Optional[bool]", bool | None),
        ("list[str]", list[str]),
        ("dict[str, list[int]]", dict[str, list[int]]),
        ("tuple[float, ...]", tuple[float, ...]),
        ("Literal['a', 'b']", Literal["a", "b"]),
        ("typing.Literal[1]", Literal[1]),
        ("Any", Any),
    ],
)
def test_an_annotation_is_what_python_makes_of_it(written: str, meant: Any) -> None:
    own = read_own(CHECKS.replace("bucket: str", f"bucket: {written}").replace("{bucket}", "It"), "checks.py")
    assert [str(one) for one in own.problems] == []
    assert own.checks["lab.keeps_versions"].parameters[0].annotation == meant


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from graders import Account, Fail, check", "import graders\nfrom graders import Fail"),
        ("from graders import Account, Fail, check", "import graders as g\nfrom graders import Fail"),
    ],
)
def test_names_are_found_however_they_are_imported(old: str, new: str) -> None:
    prefix = "g." if " as g" in new else "graders."
    checks = (
        CHECKS.replace(old, new)
        .replace("@check", f"@{prefix}check")
        .replace("account: Account", f"account: {prefix}Account")
    )
    assert problems_of(checks) == []


def test_deep_trees_are_refused_wherever_they_stand() -> None:
    for depth in (50, 200, 400, 800):
        for deep in ("a" + ".b" * depth, " | ".join(["int"] * depth), "-" * depth + "1", "a" + "[b]" * depth):
            for old in ("Enabled", "bucket: str", "s3:ListBucket"):
                new = f'"{deep}' if old == "Enabled" else f"bucket: {deep}" if "bucket" in old else f'" + {deep} + "'
                read_own(CHECKS.replace(old, new, 1), "checks.py")  # never raises


# --- on disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "good"
    path.mkdir()
    (path / "lab.md").write_text(SOURCE)
    (path / "checks.py").write_text(CHECKS)
    return path


def test_it_lies_beside_the_lab(folder: Path) -> None:
    assert load_lab(folder).checks_source == CHECKS
    assert set(load_catalog(folder.parent)) == {"good"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "labs.E001 is not a plain file"),
        (lambda path: path.symlink_to(path.with_name("another.md")), "labs.E001 is not a plain file"),
        (lambda path: path.mkdir(), "labs.E001 is not a plain file"),
        (os.mkfifo, "labs.E001 is not a plain file"),
    ],
)
def test_a_lab_that_is_no_file_of_its_own_is_refused(folder: Path, spoil: Any, said: str) -> None:
    (folder / "lab.md").rename(folder / "another.md")
    spoil(folder / "lab.md")
    (problem,) = catalog_problems(folder.parent)
    assert said in str(problem)


def test_a_changed_file_is_read_again(folder: Path) -> None:
    before = load_catalog(folder.parent)["good"].revision
    (folder / "checks.py").write_text(CHECKS + "\n\nMORE = 1\n")
    assert load_catalog(folder.parent)["good"].revision != before
    (folder / "checks.py").unlink()
    assert [one.id for one in catalog_problems(folder.parent)] == ["labs.E014"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "labs.E020 is not a plain file"),
        (lambda path: path.mkdir(), "labs.E020 is not a plain file"),
        (lambda path: path.write_bytes(b"\xff"), "labs.E020 is not UTF-8 (byte 0)"),
        (lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)), "labs.E020 is larger than 64 KiB"),
    ],
)
def test_a_file_that_is_none_is_refused(folder: Path, spoil: Any, said: str) -> None:
    (folder / "checks.py").unlink()
    spoil(folder / "checks.py")
    (problem,) = catalog_problems(folder.parent)
    assert isinstance(problem, Problem)
    assert problem.path.endswith("good/checks.py")
    assert said in str(problem)


def test_what_was_pinned_is_not_judged_again() -> None:
    broken = CHECKS.replace("bucket: str", "bucket: Path")
    lab = parse_lab(SOURCE, slug="good", path="p", checks=broken, validate=lambda _: [])
    assert lab.own_checks == {}
    assert lab.tasks[0].checks[0] == CheckCall(
        "lab.keeps_versions", {"bucket": "{{ bucket }}"}, line=lab.tasks[0].checks[0].line
    )


PATTERNS = ["(" * 3000 + ")" * 3000, "a{" + "9" * 5000 + "}", "a{99999999999999999999}", "("]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_cannot_be_read_is_a_mistake_and_no_break(pattern: str) -> None:
    call = CheckCall("expect", {"call": "s3.list_buckets", "that": "Buckets", "matches": pattern})
    assert any("is not a regular expression" in one for one in registry.validate(call))


@pytest.mark.parametrize("path", ["a" + "[" * 5000, "(" * 5000, "`" + "[" * 50_000 + "`", "a[" + "9" * 5000 + "]"])
def test_a_path_that_cannot_be_read_is_a_mistake_and_no_break(path: str) -> None:
    call = CheckCall("expect", {"call": "s3.list_buckets", "that": path, "exists": True})
    assert any("is not a JMESPath" in one for one in registry.validate(call))
