"""One sandbox host for all proofs of these tests, and a lab that keeps its promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from labs.content import parse_lab
from labs.proof import ProofReport, prove
from labs.proof_host import Host, proof_host

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


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """A real sandbox host and a real runner."""
    with proof_host() as running:
        yield running


Prove = Callable[[str], ProofReport]


@pytest.fixture
def proved(host: Host) -> Prove:
    """The proof of a lab's source, at two seeds."""

    def run(source: str) -> ProofReport:
        lab = parse_lab(source, slug="sound", path="sound/lab.md")
        return prove(lab, provider=host.provider, runner=host.runner, make_ref=host.make_ref, seeds=(1, 2))

    return run
