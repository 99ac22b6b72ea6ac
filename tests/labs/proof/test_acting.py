"""A lab whose check acts is proved: in copies, each of which is copied for the check."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labs.proof import ProofReport

LAB = """\
---
title: Nobody from outside
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
aws s3api put-bucket-policy --bucket {{ bucket }} --policy '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{{ bucket }}/*"}]}'
~~~

## Close it {#close points=6}

~~~check s3.anonymous_get_refused
bucket: {{ bucket }}
~~~

~~~solution
aws s3api delete-bucket-policy --bucket {{ bucket }}
~~~

~~~solution alternative="the block"
aws s3api put-public-access-block --bucket {{ bucket }} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
~~~

~~~near-miss fails=s3.anonymous_get_refused
aws s3api put-public-access-block --bucket {{ bucket }} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=false
~~~
"""  # noqa: E501 - an author's own lines


@pytest.mark.stack
def test_a_check_that_acts_is_proved_in_a_copy_of_a_copy(proved: Callable[..., ProofReport]) -> None:
    report = proved(LAB)
    assert report.ok, report.text()
