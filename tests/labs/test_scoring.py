"""Points: the weighted share of what passed, skipped where a task before is unmet, never lost by our fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import pytest

from graders import CheckCall, Outcome, Result
from labs.content import Lab, Task, parse_lab
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


def test_what_comes_after_an_unmet_task_is_skipped_and_says_for_what_it_waits(lab: Lab) -> None:
    grades = grade_lab(lab, Bucketful(one="yes", two="yes", twob="yes", free="yes", freeb="yes"))
    assert [grade.outcome for grade in grades] == ["failed", "skipped", "skipped", "passed"]
    assert [grade.score for grade in grades] == [7.5, 0, 0, 10]
    assert grades[1].results[0].found == "This waits for the task “Task one”."
    assert grades[1].results[0].title == "two a"


def test_all_right_is_all_points(lab: Lab) -> None:
    names = ("one", "two", "three", "free")
    grades = grade_lab(lab, Bucketful(**{name + letter: "yes" for name in names for letter in ("", "b")}))
    assert sum(grade.score for grade in grades) == lab.points == 40


def test_our_fault_skips_nothing(lab: Lab) -> None:
    grades = grade_lab(lab, Bucketful())
    assert {grade.outcome for grade in grades} == {"error"}
