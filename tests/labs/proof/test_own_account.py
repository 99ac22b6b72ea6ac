"""`python -m graders LAB`: an account of one's own, here a sandbox behind its endpoint, graded by the lab's own checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labs.sandboxes import Ref
from tests.labs.conftest import SandboxHost

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[3]
LAB = "private-bucket-one-reader"
Grade = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def ref(sandbox_host: SandboxHost) -> Ref:
    return sandbox_host.make_sandbox()


@pytest.fixture
def grade(sandbox_host: SandboxHost, ref: Ref, tmp_path: Path) -> Grade:
    """Run the command as somebody would who has a profile `mine` that opens the account."""
    key = sandbox_host.credentials(ref)
    config = tmp_path / "config"
    config.write_text(
        f"[profile mine]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            [sys.executable, "-m", "graders", *words],
            env={**environment, "AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true"},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

    return run


def test_an_account_is_graded_by_its_own_names_and_nothing_in_it_changes(
    sandbox_host: SandboxHost, ref: Ref, grade: Grade
) -> None:
    s3 = sandbox_host.client(ref, "s3")
    s3.create_bucket(Bucket="my-own-bucket")
    s3.delete_public_access_block(Bucket="my-own-bucket")
    before = len(sandbox_host.journal(ref))
    named = (
        "--seed",
        "1",
        "--set",
        "bucket=my-own-bucket",
        "--profile",
        "mine",
        "--endpoint-url",
        sandbox_host.base_url,
    )
    done = grade(LAB, *named, "--json")
    told = json.loads(done.stdout)
    assert done.returncode in (1, 2), done.stderr
    assert told["account"] == ref.account_id
    bolt = next(task for task in told["tasks"] if task["id"] == "bolt")
    assert (bolt["outcome"], bolt["score"]) == ("failed", 0)
    assert "my-own-bucket" in bolt["checks"][0]["title"]
    s3.put_public_access_block(
        Bucket="my-own-bucket",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    assert "\nBolt it: passed, 4 of 4\n" in grade(LAB, *named).stdout
    changed = [row["action"] for row in sandbox_host.journal(ref)[before:] if row["mutating"]]
    assert changed == ["PutPublicAccessBlock"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("privat-bucket-one-reader",), "did you mean private-bucket-one-reader?"),
        ((LAB,), "--set bucket=…"),
        ((LAB, "--set", "buckt=x"), "did you mean bucket?"),
        ((LAB, "--seed", "1", "--profile", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_graded_says_why(grade: Grade, words: tuple[str, ...], said: str) -> None:
    done = grade(*words)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_policy_that_grading_needs_only_reads(grade: Grade) -> None:
    policy = json.loads(grade(LAB, "--permissions").stdout)
    actions = policy["Statement"][0]["Action"]
    assert "s3:GetBucketPolicy" in actions
    assert all(one.partition(":")[2].startswith(("Get", "List", "Describe", "Head")) for one in actions)
