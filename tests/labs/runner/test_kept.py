"""Runs in a worker that is kept: the next finds nothing of the one before, and who was stopped is followed by another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from labs.content import Block
from labs.sandboxes import Unavailable, frames
from labs.sandboxes.runner import KeptRunner, Runner, RunReport, client, kept, server
from tests.labs.runner.conftest import Aws


@pytest.fixture
def kept_runner(runner: Runner) -> Iterator[KeptRunner]:
    with runner.kept() as one:
        yield one


def run(kept_runner: KeptRunner, aws: Aws, text: str, **more: float) -> RunReport:
    return kept_runner.run([Block("sh", text, 1)], aws.credentials, **more)


def test_runs_of_one_worker_share_no_variables_and_no_files(kept_runner: KeptRunner, aws: Aws) -> None:
    assert run(kept_runner, aws, "A=1\nmkdir -p d\ncat > d/x.json <<'EOF'\n{}\nEOF\ncat > y.json <<'EOF'\n{}\nEOF").ok
    assert not run(kept_runner, aws, "aws s3 ls $A").ok
    for name in ("d/x.json", "y.json"):
        report = run(kept_runner, aws, f"aws s3 cp {name} s3://b/k")
        assert report.failure is not None
        assert "does not exist" in report.failure.stderr


def test_what_one_run_sets_does_not_hold_for_the_next(kept_runner: KeptRunner, aws: Aws) -> None:
    assert run(kept_runner, aws, "aws sts get-caller-identity --region eu-west-1 --no-sign-request --output text").ok
    assert run(kept_runner, aws, "aws sts get-caller-identity").steps[0].stdout.startswith("{")
    assert [("/us-east-1/sts/" in call.authorization) for call in aws.calls] == [False, True]


def test_each_run_has_its_own_keys(kept_runner: KeptRunner, aws: Aws) -> None:
    for key in ("AKIAIOSFODNN7EXAMPLA", "AKIAIOSFODNN7EXAMPLB"):
        credentials = replace(aws.credentials, access_key_id=key)
        assert kept_runner.run([Block("sh", "aws sts get-caller-identity", 1)], credentials).ok
        assert f"Credential={key}/" in aws.calls[-1].authorization


def test_a_run_ends_at_its_first_failure_and_the_next_one_runs(kept_runner: KeptRunner, aws: Aws) -> None:
    report = run(kept_runner, aws, "aws s3api list-buckets --colour\naws sts get-caller-identity")
    assert len(report.steps) == 1
    assert report.failure is not None
    assert "Unknown options: --colour" in report.failure.stderr
    assert [step.exit_code for step in run(kept_runner, aws, "aws s3 ls | jq .").steps] == [2]
    assert run(kept_runner, aws, "aws sts get-caller-identity").ok


def test_flags_of_one_command_are_not_asked_of_another_that_has_half_of_them(kept_runner: KeptRunner, aws: Aws) -> None:
    assert run(kept_runner, aws, "aws ec2 modify-instance-attribute --instance-id i-1 --disable-api-stop").ok
    assert run(kept_runner, aws, "aws ec2 run-instances --image-id ami-1 --instance-type t3.micro").ok


def test_a_run_that_takes_too_long_is_stopped_and_the_next_one_runs(kept_runner: KeptRunner, aws: Aws) -> None:
    text = "aws sts get-caller-identity\naws rds wait db-instance-available --db-instance-identifier x"
    report = run(kept_runner, aws, text, timeout=3)
    assert [(step.line, step.exit_code) for step in report.steps] == [(1, 0), (2, 124)]
    assert "took too long" in report.steps[1].stderr
    assert run(kept_runner, aws, "aws sts get-caller-identity").ok


def test_hooks_do_not_grow_from_command_to_command(kept_runner: KeptRunner, aws: Aws) -> None:
    """A worker that has run many commands reads a file as the first one does: once."""
    for number in range(kept.RUNS + 5):  # over the end of a worker, too
        body = f"cat > p.json <<'EOF'\nfile://{number}\nEOF\n"
        command = "aws sns set-topic-attributes --topic-arn t --attribute-name Policy --attribute-value file://p.json"
        assert run(kept_runner, aws, body + command).ok
        assert aws.calls[-1].form["AttributeValue"] == f"file://{number}\n"


def test_threads_run_at_the_same_time(kept_runner: KeptRunner, aws: Aws) -> None:
    said: dict[int, str] = {}

    def one(number: int) -> None:
        text = f"aws sts get-caller-identity --query 'to_string(`{number}`)' --output text"
        said[number] = run(kept_runner, aws, text).steps[0].stdout

    threads = [threading.Thread(target=one, args=(number,)) for number in range(client.MOST_LINES + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: f"{number}\n" for number in range(client.MOST_LINES + 3)}


def test_who_keeps_takes_no_place_from_others(runner: Runner, aws: Aws) -> None:
    many = [KeptRunner(runner) for _ in range(server.MOST_KEPT + 2)]
    try:
        for one in many:
            assert run(one, aws, "aws sts get-caller-identity").ok
        assert runner.run([Block("sh", "aws sts get-caller-identity", 1)], aws.credentials).ok
        assert sum(len(one._idle) for one in many) == server.MOST_KEPT
    finally:
        for one in many:
            one.close()


def test_a_runner_that_is_gone_is_our_fault(kept_runner: KeptRunner, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(kept_runner, aws, "aws sts get-caller-identity").ok

    def receive(_: object) -> None:
        raise frames.BadFrame("the other side closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(frames, "receive", receive)
        with pytest.raises(Unavailable, match="does not answer"):
            run(kept_runner, aws, "aws sts get-caller-identity")
    assert run(kept_runner, aws, "aws sts get-caller-identity").ok
