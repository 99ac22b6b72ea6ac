"""What an author wrote is judged elsewhere, says what it would have said here, and is ours when it breaks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from graders import BotoAccount, Check, CheckCall, Outcome, run
from graders.check import Parameter
from graders.run import OURS
from labs.judge import Judge, Limits, ensure_judge, is_authors
from labs.sandboxes import Unavailable, forking
from tests.labs.judge.conftest import HEAD, Aws, Court, own

KEEPS = f'''{HEAD}
WANTED = "Enabled"


@check(permissions=["s3:GetBucketVersioning"])
def keeps_versions(account: Account, *, bucket: str, times: int = 1) -> None:
    """The bucket {{bucket}} keeps overwritten objects."""
    status = account.read("s3", "get_bucket_versioning", Bucket=bucket).get("Status", "never turned on")
    if status != WANTED or times != 1:
        raise Fail("Versioning of {{bucket}} is {{status}}.", try_="Turn it on.", bucket=bucket, status=status)
'''


def expect(bucket: str, **more: object) -> CheckCall:
    given = {"call": "s3.get_bucket_versioning", "with": {"Bucket": bucket}, "that": "Status", "is": "Enabled"}
    return CheckCall("expect", {**given, **more}, title=f"{bucket} keeps")


def keeps(bucket: str, **more: object) -> CheckCall:
    return CheckCall("lab.keeps_versions", {"bucket": bucket, **more})


def test_a_lab_s_own_check_passes_and_fails_with_its_words(court: Court) -> None:
    passed, failed = court([keeps("kept"), keeps("lost")], KEEPS)
    assert (passed.check, passed.outcome) == ("lab.keeps_versions", Outcome.PASSED)
    assert failed.outcome is Outcome.FAILED
    assert (failed.found, failed.try_) == ("Versioning of lost is never turned on.", "Turn it on.")


def test_results_come_in_the_order_of_the_calls(court: Court) -> None:
    calls = [expect("kept-1"), keeps("lost"), expect("lost"), keeps("kept"), expect("kept-2")]
    assert [one.outcome for one in court(calls, KEEPS)] == ["passed", "failed", "failed", "passed", "passed"]


def test_expect_says_what_it_says_in_our_own_process(court: Court, aws: Aws) -> None:
    for call in (expect("kept"), expect("lost", because="It could not be brought back."), expect("gone")):
        (there,) = court([call])
        here = run(call, aws.account())
        assert there.outcome is here.outcome
        assert (there.check, there.title) == (here.check, here.title)
        assert (there.found, there.looked_at, there.needed, there.try_) == (
            here.found, here.looked_at, here.needed, here.try_,
        )  # fmt: skip


def test_what_aws_says_is_not_there_is_the_learner_s(court: Court) -> None:
    (result,) = court([keeps("gone")], KEEPS)
    assert (result.outcome, result.found) == (
        Outcome.FAILED,
        "gone does not exist.",
    )


def test_the_grader_s_own_key_signs_for_the_endpoint_that_is_asked(court: Court, aws: Aws) -> None:
    court([expect("kept"), keeps("kept")], KEEPS)
    assert len(aws.paths) == 2
    assert all("Credential=AKIAGRADER/" in one and "/us-east-1/s3/" in one for one in aws.authorizations)


def test_another_region_than_the_warm_one_is_signed_for(judge: Judge, aws: Aws) -> None:
    account = aws.account("eu-west-1")
    (result,) = judge.begin([expect("kept")], account, checks="", own={}).results()
    assert result.outcome is Outcome.PASSED
    assert "/eu-west-1/s3/" in aws.authorizations[0]


def test_a_parameter_becomes_what_its_annotation_says(court: Court) -> None:
    (result,) = court([keeps("kept", times="1")], KEEPS)
    assert result.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("checks", "reason"),
    [
        (own("1 / 0"), "checks.py:7: ZeroDivisionError: division by zero"),
        ("1 / 0\n", "checks.py:1: ZeroDivisionError: division by zero"),
        ("def one(:\n", "SyntaxError"),
        (HEAD, "check lab.one is not known"),
        (f"{HEAD}one = 5\n", "check lab.one is not known"),
        (own("", head="import nothing_of_that_name\n") + "    pass\n", "No module named 'nothing_of_that_name'"),
    ],
)
def test_a_break_is_ours_and_the_author_is_told_why(court: Court, checks: str, reason: str) -> None:
    (result,) = court([CheckCall("lab.one")], checks)
    assert (result.outcome, result.found) == (Outcome.ERROR, OURS)
    assert reason in " ".join(court.log.messages)


def test_the_title_is_by_what_was_read_not_by_what_runs(judge: Judge, aws: Aws) -> None:
    read = Check("lab.one", "The bucket {bucket} is so.", (), (Parameter("bucket", str, True),), lambda *_: None)
    source = (
        own("raise Fail('no')")
        .replace('"""One."""', '"""Something else."""')
        .replace("(account: Account)", "(account: Account, *, bucket: str)")
    )
    call = CheckCall("lab.one", {"bucket": "b"})
    (result,) = judge.begin([call], aws.account(), checks=source, own={"lab.one": read}).results()
    assert (result.title, result.outcome) == ("The bucket b is so.", Outcome.FAILED)


def test_the_engines_of_the_graders_are_there_for_authors(court: Court) -> None:
    body = "import statistics\nfrom graders import databases, nearby\nfrom graders.iam import Policies\nimport graders.network"
    (result,) = court([CheckCall("lab.one")], own(body))
    assert result.outcome is Outcome.PASSED, court.log.messages


def test_what_is_an_author_s() -> None:
    names = ("expect", "lab.one", "s3.bucket_is_private", "label.one")
    assert [is_authors(CheckCall(name)) for name in names] == [True, True, False, False]


def test_checks_of_a_job_are_judged_side_by_side(court: Court) -> None:
    began = time.monotonic()
    source = own("import time\ntime.sleep(0.5)")
    results = court([CheckCall("lab.one")] * 2, source)
    assert [one.outcome for one in results] == ["passed", "passed"]
    assert all(one.milliseconds >= 500 for one in results)
    assert time.monotonic() - began < 0.95


def test_jobs_are_judged_side_by_side(judge: Judge, aws: Aws) -> None:
    found = []

    def ask(bucket: str) -> None:
        found.extend(judge.begin([keeps(bucket)], aws.account(), checks=KEEPS, own={}).results())

    threads = [threading.Thread(target=ask, args=(f"kept-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.outcome for one in found] == ["passed"] * 6


def test_a_job_that_is_dropped_hurts_nobody(court: Court, judge: Judge, aws: Aws) -> None:
    judge.begin([keeps("kept")] * 3, aws.account(), checks=KEEPS, own={}).drop()
    assert court([keeps("kept")], KEEPS)[0].outcome is Outcome.PASSED


def test_a_sandbox_that_does_not_answer_is_our_fault(court: Court, judge: Judge) -> None:
    nobody = BotoAccount(
        account_id="1", region="us-east-1", endpoint_url="http://127.0.0.1:9", access_key_id="a", secret_access_key="b"
    )
    (result,) = judge.begin([keeps("kept")], nobody, checks=KEEPS, own={}).results()
    assert (result.outcome, result.found) == (Outcome.ERROR, OURS)


def test_a_judge_that_is_not_there_is_our_fault(tmp_path: Path, aws: Aws) -> None:
    nobody = Judge(tmp_path / "nobody.sock")
    (result,) = nobody.begin([keeps("kept")], aws.account(), checks=KEEPS, own={}).results()
    assert (result.outcome, result.found) == (Outcome.ERROR, OURS)


def test_aws_itself_is_not_asked(judge: Judge) -> None:
    real = BotoAccount(account_id="1", region="us-east-1", endpoint_url=None, access_key_id="a", secret_access_key="b")
    assert judge.begin([keeps("kept")], real, checks=KEEPS, own={}).results()[0].outcome is Outcome.ERROR


def test_a_client_may_ask_for_less_and_never_for_more() -> None:
    asked = Limits.of({"seconds": 99, "check_seconds": 0.5, "memory": 1 << 40, "calls": "3", "unknown": 1})
    assert (asked.seconds, asked.check_seconds, asked.memory, asked.calls) == (10, 0.5, 512 << 20, 3)


START = """\
import sys, time
from pathlib import Path
from labs.judge import ensure_judge
print(ensure_judge(Path(sys.argv[1]), jail="best").status()["pid"], flush=True)
time.sleep(60)
"""


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    path = tmp_path / "j.sock"
    parent = subprocess.Popen([sys.executable, "-c", START, str(path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while forking.answers(path) or Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.02)
    assert not path.exists()


def test_a_second_asker_finds_the_first_one_s(judge: Judge) -> None:
    again = ensure_judge(judge.socket_path)
    assert again.status()["pid"] == judge.status()["pid"] != os.getpid()


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the judge did not start"):
        ensure_judge(tmp_path / ("x" * 120))


NO_LANDLOCK = """\
import sys
from labs.sandboxes import jail
jail.landlock_abi = lambda: 0
from labs.judge.__main__ import main
sys.argv = ["judge", *sys.argv[1:]]
sys.exit(main())
"""


def test_without_landlock_a_required_jail_refuses_to_start(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_LANDLOCK, "--socket", str(tmp_path / "s"), "--jail", "required"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "offers no landlock" in done.stderr


def test_without_landlock_the_best_jail_judges_and_warns(
    tmp_path: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **more: real([command[0], "-c", NO_LANDLOCK, *command[3:]], **more)
    )
    judge = ensure_judge(tmp_path / "s", jail="best")
    assert not judge.status()["jail"]["closed"]
    assert "The judge's jail has no landlock here: use only labs that you trust." in caplog.messages
    assert judge.begin([keeps("kept")], aws.account(), checks=KEEPS, own={}).results()[0].outcome is Outcome.PASSED
