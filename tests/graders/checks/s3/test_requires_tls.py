import json

import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, deny_http, statement
from tests.graders.conftest import ACCOUNT

CHECK = "s3.requires_tls"
BOTH = [ARN, f"{ARN}/*"]

RIGHT = {
    "Bool false": [deny_http()],
    "JSON false": [deny_http(condition={"Bool": {"aws:SecureTransport": False}})],
    "a list": [deny_http(condition={"Bool": {"aws:SecureTransport": ["false"]}})],
    "BoolIfExists": [deny_http(condition={"BoolIfExists": {"aws:SecureTransport": "false"}})],
    "StringEquals": [deny_http(condition={"StringEquals": {"aws:SecureTransport": "false"}})],
    "StringNotEquals true": [deny_http(condition={"StringNotEquals": {"aws:SecureTransport": "true"}})],
    "another case of the key": [deny_http(condition={"Bool": {"AWS:securetransport": "False"}})],
    "one ARN with a star": [deny_http(resource=[f"{ARN}*"])],
    "every resource": [deny_http(resource=["*"])],
    "every action": [deny_http(action="*")],
    "two statements": [deny_http(resource=[ARN]), deny_http(resource=[f"{ARN}/*"])],
    "NotAction that spares nothing real": [{**deny_http(), "NotAction": "s3:NoSuchThing"}],
    "TlsVersion IfExists": [deny_http(condition={"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}})],
    "with an allow beside": [deny_http(), statement(principal={"AWS": ROLE})],
    "principal as AWS star": [{**deny_http(), "Principal": {"AWS": "*"}}],
    "NotPrincipal of nobody here": [{**deny_http(), "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/nobody"}}],
}
for name, gone in (
    ("NotAction that spares nothing real", "Action"),
    ("NotPrincipal of nobody here", "Principal"),
):
    del RIGHT[name][0][gone]
WRONG = {
    "objects only": ([deny_http(resource=[f"{ARN}/*"])], "not for the bucket itself"),
    "bucket only": ([deny_http(resource=[ARN])], "not for its objects"),
    "PutObject only": ([deny_http(action="s3:PutObject")], "s3:GetObject"),
    "get and put only": ([deny_http(action=["s3:GetObject", "s3:PutObject"])], "over plain http"),
    "one prefix": ([deny_http(resource=[ARN, f"{ARN}/secret/*"])], "not for its objects"),
    "one role": ([{**deny_http(), "Principal": {"AWS": ROLE}}], "user learner"),
    "another condition beside": (
        [
            deny_http(
                condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "StringEquals": {"aws:UserAgent": "curl"},
                }
            )
        ],
        "over plain http",
    ),
    "from one range only": (
        [
            deny_http(
                condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                }
            )
        ],
        "over plain http",
    ),
    "inverted": ([deny_http(condition={"Bool": {"aws:SecureTransport": "true"}})], "over plain http"),
    "allow without deny": (
        [statement(principal={"AWS": ROLE}, condition={"Bool": {"aws:SecureTransport": "true"}})],
        "over plain http",
    ),
    "allow false": ([{**deny_http(), "Effect": "Allow"}], "over plain http"),
    "TlsVersion alone": ([deny_http(condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})], "over plain http"),
    "Null": ([deny_http(condition={"Null": {"aws:SecureTransport": "true"}})], "over plain http"),
    "all but root": (
        [{**deny_http(), "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}],
        "the root user",
    ),
    "all but one user": (
        [
            deny_http(
                condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/learner"},
                }
            )
        ],
        "user learner",
    ),
    "misspelt key": ([deny_http(condition={"Bool": {"aws:SecuredTransport": "false"}})], "over plain http"),
}
del WRONG["all but root"][0][0]["Principal"]


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_plain_http_is_refused(self, bucket, passes, name):
        bucket.policy(*RIGHT[name])
        passes(CHECK, bucket=BUCKET)

    def test_a_statement_may_be_an_object(self, bucket, account, passes):
        document = {"Version": "2012-10-17", "Statement": deny_http()}
        bucket.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))
        passes(CHECK, bucket=BUCKET)


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_plain_http_gets_through(self, bucket, fails, name):
        statements, words = WRONG[name]
        bucket.policy(*statements)
        result = fails(CHECK, words, bucket=BUCKET)
        assert "over plain http" in result.counterexample

    def test_without_a_policy_http_is_as_good_as_tls(self, bucket, fails):
        fails(CHECK, "has no bucket policy", bucket=BUCKET)

    def test_an_outsider_whom_the_policy_names_must_use_tls_as_well(self, bucket, fails):
        partner = "arn:aws:iam::999988887777:root"
        own = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}, "Bool": {"aws:SecureTransport": "false"}}
        bucket.policy(
            statement(principal={"AWS": partner}, action="s3:*", resource=[ARN, f"{ARN}/*"]), deny_http(condition=own)
        )
        fails(CHECK, "account 999988887777 can", bucket=BUCKET)


class TestNearMiss:
    @pytest.mark.parametrize(
        ("resource", "words"),
        [([f"{ARN}/*"], f"not for the bucket itself ({BUCKET})"), ([ARN], f"not for its objects ({BUCKET}/*)")],
        ids=["objects only", "bucket only"],
    )
    def test_the_half_that_is_missing_is_named(self, bucket, fails, resource, words):
        bucket.policy(deny_http(resource=resource))
        fails(CHECK, words, bucket=BUCKET)
