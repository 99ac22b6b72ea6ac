"""A small whole lab, and two ways to look at what becomes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labs.content import ContentError, Lab, Problem, parse_lab

GOOD = """\
---
title: Serve files without opening the bucket
summary: Keep a bucket private, yet let one role read it over TLS.
level: guided
minutes: 30
services: [s3, iam]
parameters:
  bucket: "acme-{color}-{hex4}"
  cidr: {one_of: [10.20.0.0/16, 10.40.0.0/16]}
---

The bucket `{{ bucket }}` in {{ cidr }}.

~~~start
aws s3api create-bucket --bucket {{ bucket }}
~~~

## Block public access {#block points=6}

Text for the learner.

```sh
aws s3 ls s3://{{ bucket }}
```

~~~check s3.bucket_blocks_public_access weight=2
bucket: {{ bucket }}
~~~

~~~hint
Look at the four switches.
~~~

~~~solution
aws s3api put-public-access-block --bucket {{ bucket }} --public-access-block-configuration BlockPublicAcls=true
~~~

~~~near-miss fails=s3.bucket_blocks_public_access
aws s3api delete-public-access-block --bucket {{ bucket }}
~~~

## Keep versions {#versions points=4 after=block}

~~~expect "Versioning is on"
call: s3.get_bucket_versioning
with: {Bucket: "{{ bucket }}"}
that: Status
is: Enabled
because: an overwritten invoice could not be brought back
~~~

~~~hint
A bucket can keep what was.
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

Problems = Callable[[str], list[Problem]]


@pytest.fixture
def lab() -> Lab:
    """The lab of that source."""
    return parse_lab(GOOD, slug="good", path="good/lab.md")


@pytest.fixture
def problems() -> Problems:
    """What is wrong with a source, warnings included; [] when nothing is."""

    def look(source: str) -> list[Problem]:
        try:
            return list(parse_lab(source, slug="good", path="good/lab.md").warnings)
        except ContentError as error:
            return error.problems

    return look
