"""Points: the weighted share of what passed, skipped where a task before is unmet, never lost by our fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from graders import Account, Check, CheckCall, Outcome, Result, run
from graders.run import OURS
from labs.content import Lab, Task, parse_lab
from labs.sandboxes import Unavailable
from labs.scoring import grade_lab, score_task

T = TypeVar("T")

SOURCE = """\
---
title: A lab
summary: For the tests of scoring.
level: challenge
minutes: 10
services: [s3]
---

~~~start
aws s3 ls
~~~

{tasks}"""
TASK = """\
## Task {id} {{#{id} points=10{after}}}

~~~expect "{id} a" weight=3
call: s3.get_bucket_tagging
with: {{Bucket: b}}
that: TagSet[?Key=='{id}'].Value | [0]
is: yes
because: the test wants it
~~~

~~~expect "{id} b"
call: s3.get_bucket_tagging
with: {{Bucket: b}}
that: TagSet[?Key=='{id}b'].Value | [0]
is: yes
because: the test wants it
~~~

~~~solution
aws s3 ls
~~~
"""


class Bucketful:
    """An account whose one answer is given by the test; a missing answer is a break of ours."""

    account_id = "210987654321"
    region = "us-east-1"

    def __init__(self, **answer: str) -> None:
        self.answer = answer

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError("a check reads by `read`")

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        if not self.answer:
            raise RuntimeError("the sandbox is gone")
        return {"TagSet": [{"Key": key, "Value": value} for key, value in self.answer.items()]}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        return make()


class InProcess:
    """Judges what authors wrote right here; `begun` counts the jobs."""

    def __init__(self) -> None:
        self.begun: list[list[str]] = []
        self.dropped = 0

    def begin(self, calls: Sequence[CheckCall], account: Account, *, checks: str, own: Mapping[str, Check]) -> Any:
        self.begun.append([call.name for call in calls])
        self.calls, self.account = calls, account
        return self

    def results(self) -> list[Result]:
        return [run(call, self.account) for call in self.calls]

    def drop(self) -> None:
        self.dropped += 1


@pytest.fixture
def judge() -> InProcess:
    return InProcess()


def lab_of(*tasks: tuple[str, str]) -> Lab:
    texts = (TASK.format(id=name, after=f" after={after}" if after else "") for name, after in tasks)
    return parse_lab(SOURCE.format(tasks="\n".join(texts)), slug="scored", path="scored/lab.md")


@pytest.fixture
def lab() -> Lab:
    return lab_of(("one", ""), ("two", "one"), ("three", "two"), ("free", ""))


def result(outcome: Outcome) -> Result:
    return Result(check="expect", title="", outcome=outcome)


@pytest.mark.parametrize(
    ("outcomes", "score", "outcome"),
    [
        ("passed passed", 10, "passed"),
        ("passed failed", 7.5, "failed"),
        ("failed passed", 2.5, "failed"),
        ("failed failed", 0, "failed"),
        ("passed error", 7.5, "error"),
        ("error failed", 0, "error"),
        ("skipped skipped", 0, "skipped"),
    ],
)
def test_a_task_scores_the_weighted_share_of_its_checks(lab: Lab, outcomes: str, score: float, outcome: str) -> None:
    grade = score_task(lab.tasks[0], [result(Outcome(one)) for one in outcomes.split()])
    assert (grade.score, grade.points, grade.outcome) == (score, 10, outcome)


def test_the_results_must_be_those_of_the_checks(lab: Lab) -> None:
    with pytest.raises(ValueError, match="shorter"):
        score_task(lab.tasks[0], [result(Outcome.PASSED)])


def test_thirds_are_rounded_to_hundredths(lab: Lab) -> None:
    calls = tuple(CheckCall(name="expect", title=str(number)) for number in range(3))
    task: Task = dataclasses.replace(lab.tasks[0], checks=calls)
    grade = score_task(task, [result(Outcome.PASSED), result(Outcome.FAILED), result(Outcome.FAILED)])
    assert grade.score == 3.33


def test_what_comes_after_an_unmet_task_is_skipped_and_says_for_what_it_waits(lab: Lab, judge: InProcess) -> None:
    grades = grade_lab(lab, Bucketful(one="yes", two="yes", twob="yes", free="yes", freeb="yes"), judge)
    assert [grade.outcome for grade in grades] == ["failed", "skipped", "skipped", "passed"]
    assert [grade.score for grade in grades] == [7.5, 0, 0, 10]
    assert grades[1].results[0].found == "This waits for the task “Task one”."
    assert grades[1].results[0].title == "two a"


def test_all_right_is_all_points(lab: Lab, judge: InProcess) -> None:
    names = ("one", "two", "three", "free")
    grades = grade_lab(lab, Bucketful(**{name + letter: "yes" for name in names for letter in ("", "b")}), judge)
    assert sum(grade.score for grade in grades) == lab.points == 40


def test_our_fault_skips_nothing(lab: Lab, judge: InProcess) -> None:
    grades = grade_lab(lab, Bucketful(), judge)
    assert {grade.outcome for grade in grades} == {"error"}


MIXED = """\
## First {#first points=4}

~~~check s3.bucket_blocks_public_access
bucket: b
~~~

~~~expect "first"
call: s3.get_bucket_tagging
with: {Bucket: b}
that: TagSet[?Key=='first'].Value | [0]
is: yes
~~~

~~~check s3.bucket_encrypted
bucket: b
~~~

~~~solution
aws s3 ls
~~~

## Second {#second points=4 after=first}

~~~expect "second"
call: s3.get_bucket_tagging
with: {Bucket: b}
that: TagSet
exists: true
~~~

~~~solution
aws s3 ls
~~~
"""


def test_what_an_author_wrote_is_judged_in_one_request_and_in_its_place(judge: InProcess) -> None:
    lab = parse_lab(SOURCE.format(tasks=MIXED), slug="mixed", path="p", validate=lambda _: [])
    first, second = grade_lab(lab, Bucketful(first="yes"), judge)
    assert judge.begun == [["expect", "expect"]]
    assert [one.title for one in first.results][1] == "first"
    assert [one.outcome for one in first.results][1] == Outcome.PASSED
    assert {one.outcome for one in second.results} == {"passed"} or second.outcome is Outcome.SKIPPED
    assert judge.dropped == 0


def test_a_lab_without_words_of_its_author_needs_no_judge(judge: InProcess) -> None:
    source = SOURCE.format(tasks=MIXED.partition("## Second")[0])
    lab = parse_lab(source, slug="mixed", path="p", validate=lambda _: [])
    ours = dataclasses.replace(lab.tasks[0], checks=lab.tasks[0].checks[:1])
    grade_lab(dataclasses.replace(lab, tasks=(ours,)), Bucketful(first="yes"), judge)
    assert judge.begun == []


def test_a_request_whose_answer_nobody_needs_is_dropped(judge: InProcess) -> None:
    lab = parse_lab(SOURCE.format(tasks=MIXED), slug="mixed", path="p", validate=lambda _: [])
    missing = CheckCall("s3.bucket_blocks_public_access", {"bucket": "b"})
    first = dataclasses.replace(lab.tasks[0], checks=(missing,))
    grades = grade_lab(dataclasses.replace(lab, tasks=(first, lab.tasks[1])), Failing(), judge)
    assert [grade.outcome for grade in grades] == ["failed", "skipped"]
    assert (judge.begun, judge.dropped) == ([["expect"]], 1)


class Failing(Bucketful):
    """An account in which nothing exists."""

    def read(self, service: str, operation: str, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "b"}}, operation)


def test_a_judge_that_does_not_start_is_our_fault(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise Unavailable("the judge did not start")

    monkeypatch.setattr("labs.scoring.get_judge", away)
    grades = grade_lab(lab, Bucketful(one="yes"))
    assert {grade.outcome for grade in grades} == {"error"}
    assert {result.found for grade in grades for result in grade.results} == {OURS}
