"""A proof in the tests' sandbox host, and a lab that keeps its promises."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labs.content import parse_lab
from labs.proof import ProofReport, prove
from labs.sandboxes import Provider
from labs.sandboxes.emulated.provider import EmulatedProvider
from labs.sandboxes.jail import missing_layers
from labs.sandboxes.runner import Runner, ensure_runner
from tests.labs.conftest import SandboxHost

SOUND = """\
---
title: Keep the invoices
summary: For the tests of the proof.
level: challenge
minutes: 10
services: [s3]
parameters:
  bucket: "acme-{color}-{hex8}"
---

~~~start
aws s3api create-bucket --bucket {{ bucket }}
aws s3api delete-public-access-block --bucket {{ bucket }}
~~~

## Block public access {#block points=6}

~~~check s3.bucket_blocks_public_access
bucket: {{ bucket }}
~~~

~~~solution
aws s3api put-public-access-block --bucket {{ bucket }} --public-access-block-configuration \\
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
~~~

~~~near-miss fails=s3.bucket_blocks_public_access
aws s3api put-public-access-block --bucket {{ bucket }} --public-access-block-configuration BlockPublicAcls=true
~~~

## Keep versions {#versions points=4 after=block}

~~~expect "Versioning is on"
call: s3.get_bucket_versioning
with: {Bucket: "{{ bucket }}"}
that: Status
is: Enabled
because: an overwritten invoice could not be brought back
~~~

~~~solution
aws s3api put-bucket-versioning --bucket {{ bucket }} --versioning-configuration Status=Enabled
~~~

~~~solution alternative="from a file"
cat > v.json <<'EOF'
{"Status": "Enabled"}
EOF
aws s3api put-bucket-versioning --bucket {{ bucket }} --versioning-configuration file://v.json
~~~

~~~near-miss fails="Versioning is on"
aws s3api put-bucket-versioning --bucket {{ bucket }} --versioning-configuration Status=Suspended
~~~
"""


@pytest.fixture
def provider(sandbox_host: SandboxHost) -> EmulatedProvider:
    """The provider of the tests' sandbox host."""
    return EmulatedProvider(
        control=sandbox_host.control_path, master=sandbox_host.master, endpoint=sandbox_host.base_url
    )


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A warm AWS CLI, with the whole jail where the kernel has it."""
    return ensure_runner(tmp_path_factory.mktemp("runner") / "r.sock", jail="best" if missing_layers() else "required")


Prove = Callable[..., ProofReport]


@pytest.fixture
def proved(sandbox_host: SandboxHost, provider: EmulatedProvider, runner: Runner) -> Prove:
    """The proof of a lab's source, at two seeds; without mutants, where they are not asked for."""

    def run(source: str, *, mutants: bool = False, only: str = "", provider: Provider = provider) -> ProofReport:
        lab = parse_lab(source, slug="sound", path="sound/lab.md")
        return prove(
            lab,
            provider=provider,
            runner=runner,
            make_ref=sandbox_host.make_sandbox,
            seeds=(1, 2),
            mutants=mutants,
            only=only,
        )

    return run
