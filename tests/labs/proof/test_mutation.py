"""Mutants are played: what nobody notices is told, what a lab accepts is not, and what it need not accept is."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from labs.proof import Fate, ProofReport
from labs.sandboxes import CannotFork, Ref
from labs.sandboxes.emulated.provider import EmulatedProvider
from tests.labs.proof.conftest import SOUND, Prove

pytestmark = pytest.mark.stack

LINES = SOUND.split("\n")
SOLUTION = "aws s3api put-bucket-versioning --bucket {{ bucket }} --versioning-configuration Status=Enabled\n~~~\n"
MORE = SOLUTION.replace("~~~", "aws s3api put-object --bucket {{ bucket }} --key q1\n~~~")
FREE = ["left-out:put-object", "name-near:put-object:key"]


def accepting(*ids: str) -> str:
    return SOUND.replace(SOLUTION, f"{MORE}\n~~~equivalent {' '.join(ids)}\nNobody asks for an object.\n~~~\n", 1)


def line_of(start: str) -> int:
    return next(number for number, line in enumerate(LINES, 1) if line.startswith(start))


def fates(report: ProofReport, fate: Fate) -> list[str]:
    return [mutant.id for mutant in report.mutants if mutant.fate is fate]


def test_the_mutants_of_a_sound_lab_are_killed(proved: Prove) -> None:
    report = proved(SOUND, mutants=True)
    assert report.ok, report.text()
    assert fates(report, Fate.KILLED) == [
        "left-out:put-public-access-block",
        *(
            f"boolean-flipped:put-public-access-block:{name}"
            for name in ("blockpublicacls", "ignorepublicacls", "blockpublicpolicy", "restrictpublicbuckets")
        ),
        "left-out:put-bucket-versioning",
        "setting-switched:put-bucket-versioning:status",
    ]
    assert report.kill_rate == 1
    assert "7 killed (100 % of what a grader saw)" in report.text()
    said = json.loads(json.dumps(report.to_dict()))["mutants"]
    assert (said["kill_rate"], said["killed"], said["refused"], said["survived"]) == (1, 7, 0, 0)
    assert (
        said["played"][0]["description"]
        == f"line {line_of('aws s3api put-public')}: aws s3api put-public-access-block left out"
    )


def test_a_survivor_is_told_with_its_line_and_what_to_do(proved: Prove) -> None:
    report = proved(SOUND.replace(SOLUTION, MORE, 1), mutants=True)
    line = line_of("aws s3api put-bucket-versioning") + 1
    assert {one.line for one in report.findings} == {line}
    assert str(report.findings[0]) == (
        f"sound/lab.md:{line}: mutant: seed 1: left-out:put-object loses no points (aws s3api put-object "
        "left out): make a check of task versions see it, or say below the solution why it is right: "
        "~~~equivalent left-out:put-object"
    )
    assert fates(report, Fate.SURVIVED) == FREE
    assert report.kill_rate == 7 / 9
    (refused,) = [mutant for mutant in report.mutants if mutant.fate is Fate.REFUSED]
    assert refused.id == "name-near:put-object:bucket"
    assert "NoSuchBucket" in refused.said


def test_an_accepted_survivor_is_no_finding(proved: Prove) -> None:
    report = proved(accepting(*FREE), mutants=True)
    assert report.ok, report.text()
    assert fates(report, Fate.EQUIVALENT) == FREE
    assert report.kill_rate == 1


@pytest.mark.parametrize(
    ("id", "said"),
    [
        (
            "left-out:put-bucket-versioning",
            "is no equivalent, it is killed: remove the block (Versioning is on of task",
        ),
        ("name-near:put-object:bucket", "is no equivalent, it is refused: remove the block (`aws s3api"),
        (
            "left-out:put-bucket-versionin",
            "is no mutant of task versions: its solution has changed (did you mean left-out",
        ),
    ],
)
def test_what_need_not_be_accepted_is_told(proved: Prove, id: str, said: str) -> None:
    report = proved(accepting(*FREE, id), mutants=True)
    line = line_of("aws s3api put-bucket-versioning") + 4
    assert [one.line for one in report.findings] == [line]
    assert said in report.findings[0].message


def test_what_a_task_below_notices_is_killed(proved: Prove) -> None:
    check = "~~~check s3.bucket_blocks_public_access\nbucket: {{ bucket }}\n~~~\n"
    tolerant = SOUND.replace(check, check.replace("check s3.bucket_blocks_public_access", "CHECK"), 1)
    tolerant = tolerant.replace(
        "~~~CHECK\nbucket: {{ bucket }}\n",
        '~~~expect "There is a block"\ncall: s3.get_public_access_block\nwith: {Bucket: "{{ bucket }}"}\n'
        "that: PublicAccessBlockConfiguration\nexists: true\nbecause: there should be one\n",
    ).replace("near-miss fails=s3.bucket_blocks_public_access", 'near-miss fails="There is a block"')
    below = tolerant.replace('~~~expect "Versioning', f'{check}\n~~~expect "Versioning')
    name = "boolean-flipped:put-public-access-block:ignorepublicacls"
    assert [one.fate for one in proved(tolerant, only=name).mutants] == [Fate.SURVIVED]
    (mutant,) = proved(below, only=name).mutants
    assert mutant.fate is Fate.KILLED
    assert mutant.said.startswith("s3.bucket_blocks_public_access of task versions failed: ")


def test_one_mutant_is_played_alone(proved: Prove) -> None:
    report = proved(SOUND, only="left-out:put-bucket-versioning")
    assert (report.scenarios, report.findings) == (1, ())
    assert str(report.mutants[0]).endswith("killed: Versioning is on of task versions failed: Status is not set.")


class Uncopied(EmulatedProvider):
    """A provider whose sandboxes have no copies, as one of real accounts."""

    def fork(self, ref: Ref) -> Ref:
        raise CannotFork("there is one of it")


@pytest.fixture
def uncopied(provider: EmulatedProvider) -> Callable[[], EmulatedProvider]:
    provider.__class__ = Uncopied
    return lambda: provider


def test_where_there_are_no_copies_all_is_done_again(proved: Prove, uncopied: Callable[[], EmulatedProvider]) -> None:
    report = proved(SOUND, only="setting-switched:put-bucket-versioning:status", provider=uncopied())
    assert [mutant.fate for mutant in report.mutants] == [Fate.KILLED]
    assert report.ok, report.text()
