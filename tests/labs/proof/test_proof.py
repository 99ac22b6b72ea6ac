"""A lab that keeps its promises is proved; one that breaks any of them is told where and how."""

from __future__ import annotations

import json

import pytest

from labs.authoring import skeleton
from labs.proof.report import Fate
from tests.labs.proof.conftest import SOUND, Prove

pytestmark = pytest.mark.stack

LINES = SOUND.split("\n")


def line_of(start: str) -> int:
    return next(number for number, line in enumerate(LINES, 1) if line.startswith(start))


def test_a_sound_lab_is_proved(proved: Prove) -> None:
    report = proved(SOUND)
    assert report.ok, report.text()
    # untouched, a solution and an alternative at two seeds each, two near misses
    assert report.scenarios == 7
    assert report.text().startswith("sound: proved (7 scenarios, ")
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True


BROKEN = [
    (
        "a solution that does not solve",
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
        "BlockPublicAcls=true",
        "## Block",
        f"solution: seed 1: s3.bucket_blocks_public_access (line {line_of('~~~check')}) of task block failed: ",
    ),
    (
        "an alternative that does not solve",
        '{"Status": "Enabled"}',
        '{"Status": "Suspended"}',
        "~~~solution alternative",
        f"alternative: seed 2: expect (line {line_of('~~~expect')}) of task versions failed: Status is ",
    ),
    (
        "a near miss that passes",
        "--versioning-configuration Status=Suspended",
        "--versioning-configuration Status=Enabled",
        '~~~near-miss fails="V',
        "near miss: seed 1: Versioning is on did not fail",
    ),
    (
        "a near miss that fails more than it names",
        "--versioning-configuration Status=Suspended",
        "--versioning-configuration Status=Suspended\naws s3api delete-public-access-block --bucket {{ bucket }}",
        '~~~near-miss fails="V',
        f"near miss: seed 1: s3.bucket_blocks_public_access (line {line_of('~~~check')}) failed too: ",
    ),
    (
        "a solution that AWS refuses",
        "put-bucket-versioning --bucket {{ bucket }} --versioning-configuration Status=Enabled",
        "put-bucket-versioning --bucket {{ bucket }}-x --versioning-configuration Status=Enabled",
        "aws s3api put-bucket-versioning",
        "solution: seed 1: `aws s3api put-bucket-versioning",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_promise_is_told_with_its_line(proved: Prove, old: str, new: str, line: str, said: str) -> None:
    assert old in SOUND
    report = proved(SOUND.replace(old, new, 1))
    assert not report.ok
    assert any(str(one).startswith(f"sound/lab.md:{line_of(line)}: {said}") for one in report.findings), report.text()


def test_points_for_who_did_nothing_are_told(proved: Prove) -> None:
    solution = "\n".join(LINES[line_of("aws s3api put-public") - 1 :][:2])
    report = proved(SOUND.replace("\n~~~\n\n## Block", f"\n{solution}\n~~~\n\n## Block", 1))
    said = "untouched: seed 1: task block gives 6 points to who did nothing (s3.bucket_blocks_public_access passed)"
    assert any(said in str(one) for one in report.findings), report.text()


def test_a_lab_that_is_the_same_for_everybody_is_told(proved: Prove) -> None:
    source = SOUND.replace("--bucket {{ bucket }}", "--bucket acme").replace(
        '{Bucket: "{{ bucket }}"}', "{Bucket: acme}"
    )
    report = proved(
        source.replace("bucket: {{ bucket }}", "bucket: acme").replace("## Block public access", "## {{ bucket }}")
    )
    said = "it scores 10 of 10 points in the lab of somebody with other parameters"
    assert any(said in str(one) for one in report.findings), report.text()


def test_a_start_that_fails_is_told_where_it_fails(proved: Prove) -> None:
    report = proved(SOUND.replace("create-bucket --bucket {{ bucket }}", "get-bucket-acl --bucket {{ bucket }}"))
    assert {one.line for one in report.findings} == {line_of("aws s3api create-bucket")}
    assert "NoSuchBucket" in report.findings[0].message


PRINCIPAL = """principal:
  Version: "2012-10-17"
  Statement:
  - {{Effect: Allow, Action: [{actions}], Resource: "arn:aws:s3:::{{{{ bucket }}}}"}}
parameters:"""
BLOCK, VERSIONS = "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning"


@pytest.mark.parametrize(("actions", "ok"), [(f"{BLOCK}, {VERSIONS}", True), (BLOCK, False)])
def test_a_restricted_learner_can_do_what_the_policy_allows(proved: Prove, actions: str, ok: bool) -> None:
    report = proved(SOUND.replace("parameters:", PRINCIPAL.format(actions=f'"{actions}"'.replace(", ", '", "')), 1))
    assert report.ok is ok, report.text()
    if not ok:
        assert "is not authorized to perform: s3:PutBucketVersioning" in report.text()


@pytest.mark.parametrize("start", ["s3", "dynamodb", "playground"])
def test_what_a_new_lab_begins_with_keeps_its_promises(start: str, proved: Prove) -> None:
    level = "playground" if start == "playground" else "guided"
    report = proved(skeleton.source("new", level=level, services=[start]), mutants=True)
    assert report.findings == ()
    assert report.count(Fate.KILLED) == len(report.mutants) - report.count(Fate.REFUSED)
    assert bool(report.mutants) is (start != "playground")
