import json

import pytest

from graders import BotoAccount
from tests.graders.checks.cloudfront.conftest import ARN, BUCKET
from tests.graders.conftest import ACCOUNT

CHECK = "cloudfront.origin_private"
CALL = {"bucket": BUCKET}


def allow(condition=None, principal=None, resource=f"{ARN}/*"):
    principal = principal or {"Service": "cloudfront.amazonaws.com"}
    found = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource}
    return found | ({"Condition": condition} if condition else {})


class TestRight:
    @pytest.mark.parametrize("operator", ["StringEquals", "ArnLike", "ArnEquals"])
    def test_by_the_distributions_arn(self, bucket, distribution, control, passes, operator):
        bucket.policy(allow({operator: {"AWS:SourceArn": distribution()}}))
        control()
        passes(CHECK, **CALL, distribution="www.example.com")

    def test_by_the_account_where_there_is_no_other_distribution(self, bucket, distribution, control, origin, passes):
        distribution()
        origin(OriginAccessControlId=control())
        bucket.policy(allow({"StringEquals": {"aws:SourceAccount": ACCOUNT}}))
        passes(CHECK, **CALL)

    def test_by_the_older_identity(self, bucket, distribution, origin, passes, monkeypatch):
        distribution()
        origin(
            S3OriginConfig={"OriginAccessIdentity": "origin-access-identity/cloudfront/E1ABC"}, OriginAccessControlId=""
        )
        bucket.policy(allow(principal={"CanonicalUser": "79a5" * 16}))
        identity(monkeypatch)
        passes(CHECK, **CALL)

    def test_under_a_key_that_lets_cloudfront_in(self, bucket, distribution, control, account, passes):
        arn = distribution()
        control()
        this = {"StringEquals": {"aws:SourceArn": arn}}
        bucket.policy(allow(this))
        under_key(account, bucket, allow(this) | {"Action": "kms:Decrypt", "Resource": "*"})
        passes(CHECK, **CALL)


class TestWrong:
    def test_any_distribution(self, bucket, distribution, control, fails):
        distribution()
        control()
        bucket.policy(allow())
        fails(CHECK, "lets anybody's distribution in", "Whoever makes a distribution", **CALL)

    def test_another_distribution_of_the_account(self, bucket, distribution, control, fails):
        distribution()
        distribution("old.example.com", host="x.s3.amazonaws.com")
        control()
        bucket.policy(allow({"StringEquals": {"aws:SourceAccount": ACCOUNT}}))
        fails(CHECK, "lets old.example.com in", **CALL)

    def test_still_public(self, bucket, distribution, control, fails):
        arn = distribution()
        control()
        bucket.policy(allow({"StringEquals": {"AWS:SourceArn": arn}}), allow(principal="*"))
        fails(CHECK, "still open to the internet, past CloudFront", "anyone on the internet can s3:GetObject", **CALL)

    @pytest.mark.parametrize("signs", ["never"])
    def test_it_never_signs(self, bucket, distribution, control, origin, fails, signs):
        bucket.policy(allow({"StringEquals": {"AWS:SourceArn": distribution()}}))
        control()
        origin(OriginAccessControlId=control(signs))
        fails(CHECK, "The origin access control signs never", **CALL)

    def test_no_control(self, bucket, distribution, control, origin, fails):
        bucket.policy(allow({"StringEquals": {"AWS:SourceArn": distribution()}}))
        control()
        origin(OriginAccessControlId="")
        fails(CHECK, "asks S3 without credentials", **CALL)

    def test_the_bucket_s_website(self, bucket, distribution, control, fails):
        arn = distribution(host=f"{BUCKET}.s3-website-us-east-1.amazonaws.com")
        control()
        bucket.policy(allow({"StringEquals": {"AWS:SourceArn": arn}}))
        fails(CHECK, "asks the website of", **CALL)

    def test_the_key_keeps_cloudfront_out(self, bucket, distribution, control, account, fails):
        bucket.policy(allow({"StringEquals": {"AWS:SourceArn": distribution()}}))
        control()
        under_key(account, bucket)
        fails(CHECK, "cannot decrypt them", **CALL)

    def test_the_identity_is_not_let_in(self, bucket, distribution, origin, fails, monkeypatch):
        distribution()
        origin(S3OriginConfig={"OriginAccessIdentity": "origin-access-identity/cloudfront/E1ABC"})
        bucket.policy(allow(principal={"CanonicalUser": "0000" * 16}))
        identity(monkeypatch)
        fails(CHECK, "the canonical user of E1ABC", **CALL)

    def test_no_distribution(self, bucket, fails):
        fails(CHECK, f"The distribution {BUCKET} does not exist", **CALL)


class TestNearMiss:
    def test_a_policy_for_another_distribution(self, bucket, distribution, control, fails):
        distribution()
        control()
        other = f"arn:aws:cloudfront::{ACCOUNT}:distribution/EOLD"
        bucket.policy(allow({"StringEquals": {"AWS:SourceArn": other}}))
        fails(CHECK, f"speaks of {other}, not of this distribution", **CALL)

    def test_the_distribution_has_another_bucket(self, bucket, distribution, fails):
        distribution(host="site-old.s3.us-east-1.amazonaws.com")
        fails(CHECK, "that has site-old.s3.us-east-1.amazonaws.com", **CALL, distribution="www.example.com")


def under_key(account, bucket, *statements):
    """The index page under a key of its own, which the account administers."""
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own, *statements]})
    key = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    bucket.client.put_object(Bucket=BUCKET, Key="index.html", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def identity(monkeypatch):
    """GetCloudFrontOriginAccessIdentity, which moto lacks."""
    ask = BotoAccount._ask

    def answer(client, operation, parameters):
        if operation == "get_cloud_front_origin_access_identity":
            return {"CloudFrontOriginAccessIdentity": {"Id": parameters["Id"], "S3CanonicalUserId": "79a5" * 16}}
        return ask(client, operation, parameters)

    monkeypatch.setattr(BotoAccount, "_ask", staticmethod(answer))
