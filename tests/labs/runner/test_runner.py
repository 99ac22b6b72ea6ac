"""Runs: one script from many blocks, each step reported, nothing of one left for another."""

from __future__ import annotations

import io
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from labs.content import Block
from labs.sandboxes import Unavailable, frames
from labs.sandboxes.runner import Runner, ensure_runner
from tests.labs.runner.conftest import Aws, Shell


def test_a_block_runs_and_every_step_is_reported(sh: Shell, aws: Aws) -> None:
    report = sh(
        "# a topic\n"
        "ARN=$(aws sns create-topic --name alarms --query TopicArn --output text)\n"
        "cat > policy.json <<EOF\n{\"topic\": \"$ARN\"}\nEOF\n"
        "aws sns set-topic-attributes --topic-arn $ARN \\\n  --attribute-name Policy --attribute-value file://policy.json\n"
    )  # fmt: skip
    assert report.ok
    assert [(step.line, step.exit_code) for step in report.steps] == [(2, 0), (3, 0), (6, 0)]
    assert report.steps[0].stdout == "arn:aws:sns:us-east-1:210987654321:alarms\n"
    assert aws.calls[-1].form["AttributeValue"] == '{"topic": "arn:aws:sns:us-east-1:210987654321:alarms"}\n'


def test_blocks_of_a_run_share_variables_and_files(runner: Runner, aws: Aws) -> None:
    blocks = [
        Block("sh", "NAME=q-1\ncat > x.txt <<'EOF'\nbody\nEOF", 10),
        Block("sh", "aws s3 cp x.txt s3://b/$NAME", 40),
    ]
    report = runner.run(blocks, aws.credentials)
    assert report.ok, report
    assert [step.line for step in report.steps] == [10, 11, 40]
    assert aws.objects["/b/q-1"] == b"body\n"


def test_files_of_a_lab_lie_in_the_working_directory(sh: Shell, aws: Aws) -> None:
    assert sh("aws s3 cp data.bin s3://b/k", files={"data.bin": b"\0\1"}).ok
    assert aws.objects["/b/k"] == b"\0\1"
    assert sh("aws s3 cp s3://b/k copy.bin\naws s3 cp copy.bin s3://b/k2").ok
    assert aws.objects["/b/k2"] == b"\0\1"


def test_a_block_zips_its_own_files(sh: Shell, aws: Aws) -> None:
    files = "mkdir -p scripts\ncat > scripts/run.sh <<'EOF'\ntrue\nEOF\n"
    assert sh(files + "zip -qr app.zip scripts\naws s3 cp app.zip s3://b/app.zip").ok
    with zipfile.ZipFile(io.BytesIO(aws.objects["/b/app.zip"])) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"scripts/run.sh": b"true\n"}


@pytest.mark.parametrize(
    "line", ["zip a.zip /etc/passwd", "zip ../a.zip x", "mkdir -p /tmp/x", "zip a.zip", "zip -m a.zip x"]
)
def test_a_block_zips_no_others(sh: Shell, line: str) -> None:
    report = sh(line)
    assert report.failure is not None
    assert "lab's blocks" in report.failure.stderr or "own directory" in report.failure.stderr


def test_a_run_stops_at_the_first_command_that_fails(sh: Shell, aws: Aws) -> None:
    report = sh("aws sts get-caller-identity\naws s3api get-object --bucket b --key none x\naws s3 ls")
    assert not report.ok
    assert [step.exit_code for step in report.steps] == [0, 255]
    assert report.failure is not None
    assert "404" in report.failure.stderr
    assert len(aws.calls) == 2


def test_an_unknown_option_is_a_failed_step(sh: Shell) -> None:
    report = sh("aws s3api list-buckets --colour")
    assert report.failure is not None
    assert "Unknown options: --colour" in report.failure.stderr


def test_flags_of_one_ec2_command_are_not_asked_of_the_next(sh: Shell) -> None:
    report = sh(
        "aws ec2 modify-subnet-attribute --subnet-id s --map-public-ip-on-launch\n"
        "aws ec2 create-internet-gateway\n"
        "aws ec2 modify-subnet-attribute --subnet-id s --map-public-ip-on-launch --no-map-public-ip-on-launch"
    )
    assert [step.exit_code for step in report.steps[:2]] == [0, 0], report
    assert "Cannot specify both" in report.steps[2].stderr


def test_a_block_that_cannot_be_understood_runs_nothing(sh: Shell, aws: Aws) -> None:
    report = sh("aws sts get-caller-identity\naws s3 ls | jq .")
    assert [(step.line, step.exit_code) for step in report.steps] == [(2, 2)]
    assert report.steps[0].stderr == "line 2: pipes are not supported in a lab's blocks; use --query instead\n"
    assert aws.calls == []


@pytest.mark.parametrize(
    "command",
    [
        "sqs list-queues",
        "rds describe-db-instances",
        "docdb describe-db-clusters",
        "neptune describe-db-clusters",
        "health describe-events",
        "emr list-clusters",
        "cloudwatch describe-alarms",
        "route53 list-hosted-zones",
        "sts get-caller-identity",
        "s3control get-public-access-block --account-id 210987654321",
    ],
)
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_every_service_goes_to_the_endpoint(sh: Shell, aws: Aws, command: str, region: str) -> None:
    sh(f"aws {command} --region {region}")
    assert len(aws.calls) >= 1
    assert "AKIAIOSFODNN7EXAMPLE" in aws.calls[0].authorization


def test_what_one_command_sets_does_not_hold_for_the_next(sh: Shell, aws: Aws) -> None:
    sh(
        "aws sts get-caller-identity --region eu-west-1 --no-sign-request --output text\n"
        "aws sts get-caller-identity --cli-read-timeout 1\n"
        "aws sts get-caller-identity"
    )
    first, _, last = aws.calls
    assert first.authorization == ""
    assert "/us-east-1/sts/aws4_request" in last.authorization


def test_two_runs_share_nothing(sh: Shell) -> None:
    assert sh("A=1\ncat > x.json <<'EOF'\n{}\nEOF").ok
    assert not sh("aws s3 ls $A").ok
    assert not sh("aws s3 cp x.json s3://b/k").ok


def test_runs_at_the_same_time_do_not_disturb_each_other(sh: Shell) -> None:
    reports = {}

    def one(number: int) -> None:
        reports[number] = sh(
            f"A=$(aws sts get-caller-identity --query 'to_string(`{number}`)' --output text)\naws s3 ls s3://$A/"
        )

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: report.steps[0].stdout for number, report in reports.items()} == {n: f"{n}\n" for n in range(12)}


def test_a_run_that_takes_too_long_is_stopped_and_says_where(sh: Shell) -> None:
    began = time.monotonic()
    report = sh("aws sts get-caller-identity\naws rds wait db-instance-available --db-instance-identifier x", timeout=3)
    assert time.monotonic() - began < 10
    assert [(step.line, step.exit_code) for step in report.steps] == [(1, 0), (2, 124)]
    assert "took too long" in report.steps[1].stderr


def test_a_run_that_says_too_much_is_stopped(sh: Shell, aws: Aws) -> None:
    aws.objects["/b/k"] = b"x" * 600_000
    report = sh("aws s3 cp s3://b/k -\naws s3 cp s3://b/k -")
    assert [step.exit_code for step in report.steps] == [0, 1]
    assert "wrote more than 1048576 bytes" in report.steps[1].stderr


def test_nothing_is_left_behind(sh: Shell, runner: Runner) -> None:
    pid = runner.status()["pid"]
    sh("cat > x <<'EOF'\nEOF\naws s3 ls")
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 5
    while children.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.01)  # polling a foreign process: there is nothing to wait on
    assert children.read_text().strip() == ""


def test_garbage_on_the_socket_hurts_nobody(runner: Runner, sh: Shell) -> None:
    for data in (b"", b"\xff\xff\xff\xff", b"\0\0\0\5hello", b"\0\0\0\2[]", b"\0\0\0\2{}"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(runner.socket_path))
            connection.sendall(data)
    with pytest.raises(Unavailable, match="KeyError"):
        runner._ask({"op": "run", "timeout": 1}, 10)
    assert sh("aws s3 ls").ok


def test_only_we_may_talk_to_it(runner: Runner) -> None:
    assert runner.socket_path.stat().st_mode & 0o777 == 0o600


def test_a_second_call_finds_the_runner_that_is_there(runner: Runner) -> None:
    assert ensure_runner(runner.socket_path).status()["pid"] == runner.status()["pid"]


def test_without_a_runner_it_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        Runner(tmp_path / "none").status()


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "r.sock"
    code = (
        "import pathlib, sys; from labs.sandboxes.runner import ensure_runner\n"
        f"print(ensure_runner(pathlib.Path({str(path)!r})).status()['pid'], flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    pidfd = os.pidfd_open(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    try:
        assert select.select([pidfd], [], [], 10)[0]
    finally:
        os.close(pidfd)
    assert not path.exists()


def test_a_frame_that_is_too_long_is_refused() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"\x7f\xff\xff\xff")
        with pytest.raises(frames.BadFrame, match="too long"):
            frames.receive(right)
