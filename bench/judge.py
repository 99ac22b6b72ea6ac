"""What it costs that an author's words are judged in a jail of their own: the same three `expect` here and there."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, spread
from bench.host import SandboxHost, new_host
from graders import BotoAccount, CheckCall, Outcome, Result, run
from labs.judge import Judge, ensure_judge
from labs.sandboxes import Ref, keys

ROUNDS = 100
OWN = """\
from graders import Account, Fail, check


@check(permissions=["s3:GetBucketVersioning"])
def keeps(account: Account, *, bucket: str) -> None:
    "The bucket {bucket} keeps what was."
    if account.read("s3", "get_bucket_versioning", Bucket=bucket).get("Status") != "Enabled":
        raise Fail("It does not.")
"""


def measure() -> list[Figure]:
    """Grade one bucket a hundred times each way, with a fresh account each time, as a grading has it."""
    host = new_host()
    with tempfile.TemporaryDirectory() as folder:
        try:
            host.start()
            began = time.perf_counter()
            judge = ensure_judge(Path(folder) / "judge.sock", jail="best")
            warm = time.perf_counter() - began
            ref = host.make_sandbox()
            s3 = host.client(ref, "s3")
            for number in range(3):
                s3.create_bucket(Bucket=f"bench-{number}")
                s3.put_bucket_versioning(Bucket=f"bench-{number}", VersioningConfiguration={"Status": "Enabled"})
            return [
                Figure("start of the judge, until it is warm", warm * 1000, "ms"),
                *compare(host, ref, judge),
            ]
        finally:
            host.remove()


def compare(host: SandboxHost, ref: Ref, judge: Judge) -> list[Figure]:
    """Time each way in turn, so that the machine's other work is in all alike."""
    three = [
        CheckCall(
            "expect",
            {"call": "s3.get_bucket_versioning", "with": {"Bucket": f"bench-{n}"}, "that": "Status", "is": "Enabled"},
        )
        for n in range(3)
    ]
    own = [CheckCall("lab.keeps", {"bucket": "bench-0"})]

    def judged(calls: list[CheckCall]) -> list[Result]:
        return judge.begin(calls, account(host, ref), checks=OWN, own={}).results()

    ways: dict[str, Callable[[], list[Result]]] = {
        "three expect, in this process": lambda: [run(call, one) for one in [account(host, ref)] for call in three],
        "three expect, in the judge": lambda: judged(three),
        "one expect, in the judge": lambda: judged(three[:1]),
        "one check of the lab's own, in the judge": lambda: judged(own),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, judge_them in ways.items():
            begun = time.perf_counter()
            results = judge_them()
            if turn:  # the first warms this process' own models
                seconds[name].append(time.perf_counter() - begun)
            assert {result.outcome for result in results} == {Outcome.PASSED}
    return [figure for name in ways for figure in spread(name, seconds[name])]


def account(host: SandboxHost, ref: Ref) -> BotoAccount:
    """Return the sandbox as a grading sees it."""
    credentials = host.credentials(ref, keys.GRADER_SERIAL)
    return BotoAccount(
        account_id=ref.account_id,
        region=ref.region,
        endpoint_url=credentials.endpoint_url,
        access_key_id=credentials.access_key_id,
        secret_access_key=credentials.secret_access_key,
    )
