import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, deny_http, statement

CHECK = "s3.bucket_rejects_unencrypted"
HEADER = "s3:x-amz-server-side-encryption"
KEY = f"{HEADER}-aws-kms-key-id"


def deny(operator, value, key=HEADER, **more):
    return statement("Deny", "*", "s3:PutObject", f"{ARN}/*", {operator: {key: value}}, **more)


RIGHT = {
    "StringNotEquals": [deny("StringNotEquals", "aws:kms")],
    "two statements": [deny("StringNotEquals", "aws:kms"), deny("Null", "true")],
    "with TLS beside": [deny("StringNotEquals", "aws:kms"), deny_http()],
    "a list": [deny("StringNotEquals", ["aws:kms", "aws:kms:dsse"])],
    "every action": [statement("Deny", "*", "s3:*", f"{ARN}/*", {"StringNotEquals": {HEADER: "aws:kms"}})],
}
WRONG = {
    "nothing": ([], "without a word about encryption"),
    "a Null test only": ([deny("Null", "true")], "with AES256"),
    "AES256 asked": ([deny("StringNotEquals", "AES256")], "with AES256"),
    "IfExists without a default": ([deny("StringNotEqualsIfExists", "AES256")], "with AES256"),
    "equals AES256": ([deny("StringEquals", "AES256")], "without a word"),
    "one prefix": (
        [statement("Deny", "*", "s3:PutObject", f"{ARN}/in/*", {"StringNotEquals": {HEADER: "aws:kms"}})],
        "without a word",
    ),
    "one role": (
        [statement("Deny", {"AWS": ROLE}, "s3:PutObject", f"{ARN}/*", {"StringNotEquals": {HEADER: "aws:kms"}})],
        "user learner can s3:PutObject",
    ),
    "a misspelt key": ([deny("StringNotEquals", "aws:kms", "s3:x-amz-server-side-encrypton")], "refuses every upload"),
}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_only_kms_gets_in(self, bucket, passes, name):
        bucket.policy(*RIGHT[name])
        passes(CHECK, bucket=BUCKET)

    def test_no_header_passes_where_the_default_is_right(self, bucket, encrypts, key, passes):
        encrypts("aws:kms", key("alias/app"))
        given = {"StringNotEquals": {HEADER: "aws:kms"}, "Null": {HEADER: "false"}}
        bucket.policy(statement("Deny", "*", "s3:PutObject", f"{ARN}/*", given))
        passes(CHECK, bucket=BUCKET)

    @pytest.mark.parametrize("operator", ["StringNotEquals", "ArnNotEquals"])
    def test_one_key_only(self, bucket, key, passes, operator):
        bucket.policy(deny(operator, key("alias/app"), KEY))
        passes(CHECK, bucket=BUCKET, key="alias/app")

    def test_one_key_and_the_default(self, bucket, encrypts, key, passes):
        arn = key("alias/app")
        encrypts("aws:kms", arn)
        bucket.policy(
            deny("StringNotEqualsIfExists", "aws:kms"),
            deny("StringNotEqualsIfExists", arn, KEY),
            statement(
                "Deny", "*", "s3:PutObject", f"{ARN}/*", {"StringEquals": {HEADER: "aws:kms"}, "Null": {KEY: "true"}}
            ),
        )
        passes(CHECK, bucket=BUCKET, key="alias/app")

    def test_sse_s3_is_what_every_bucket_does(self, bucket, passes):
        passes(CHECK, bucket=BUCKET, algorithm="AES256")


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_something_else_gets_in(self, bucket, fails, name):
        statements, words = WRONG[name]
        if statements:
            bucket.policy(*statements)
        fails(CHECK, words, bucket=BUCKET)

    def test_any_key_where_one_is_asked(self, bucket, key, fails):
        key("alias/app")
        bucket.policy(deny("StringNotEquals", "aws:kms"))
        fails(CHECK, "with another key", bucket=BUCKET, key="alias/app")

    def test_the_default_alone_stops_nobody(self, bucket, encrypts, key, fails):
        encrypts("aws:kms", key("alias/app"))
        fails(CHECK, "with AES256 (SSE-S3)", "Give", bucket=BUCKET)


class TestNearMiss:
    def test_the_key_of_aws_slips_through(self, bucket, key, fails):
        given = {"StringNotEquals": {KEY: key("alias/app")}, "Null": {KEY: "false"}}
        bucket.policy(deny("StringNotEquals", "aws:kms"), statement("Deny", "*", "s3:PutObject", f"{ARN}/*", given))
        fails(CHECK, "no key, which is the key that AWS manages", bucket=BUCKET, key="alias/app")

    def test_the_misspelt_key_is_hinted_at(self, bucket, fails):
        bucket.policy(deny("StringNotEquals", "aws:kms", "s3:x-amz-server-side-encryptions"))
        fails(CHECK, "letter by letter", bucket=BUCKET)
