import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, statement
from tests.graders.conftest import ACCOUNT

CHECK = "s3.other_account_reads"
OTHER = "999988887777"
CALL = {"bucket": BUCKET, "other_account": OTHER}
ROOT = {"AWS": f"arn:aws:iam::{OTHER}:root"}
ROLE = {"AWS": f"arn:aws:iam::{OTHER}:role/etl"}
OWN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}


class TestRight:
    @pytest.mark.parametrize("principal", [ROOT, {"AWS": OTHER}, {"AWS": [ROOT["AWS"]]}])
    def test_the_account(self, bucket, passes, principal):
        bucket.policy(statement(principal=principal))
        passes(CHECK, **CALL)

    def test_its_role(self, bucket, passes):
        bucket.policy(statement(principal=ROLE, action="s3:Get*"))
        passes(CHECK, **CALL, role="etl")

    def test_its_organization(self, bucket, passes):
        bucket.policy(statement(condition={"StringEquals": {"aws:PrincipalOrgID": "o-acme12345"}}))
        passes(CHECK, **CALL, organization="o-acme12345")

    def test_under_a_key_that_lets_it_in(self, bucket, key, passes):
        bucket.policy(statement(principal=ROOT))
        arn = key(None, OWN, OWN | {"Principal": ROOT, "Action": "kms:Decrypt"})
        bucket.client.put_object(Bucket=BUCKET, Key="q1.csv", ServerSideEncryption="aws:kms", SSEKMSKeyId=arn)
        passes(CHECK, **CALL)


class TestWrong:
    def test_nobody_is_let_in(self, bucket, fails):
        fails(CHECK, f"role reader of account {OTHER} lacks s3:GetObject", **CALL)

    @pytest.mark.parametrize("own", [True, False], ids=["closed key", "key of AWS"])
    def test_the_key_keeps_it_out(self, bucket, key, fails, own):
        bucket.policy(statement(principal=ROOT))
        which = {"SSEKMSKeyId": key(None, OWN)} if own else {}
        bucket.client.put_object(Bucket=BUCKET, Key="q1.csv", ServerSideEncryption="aws:kms", **which)
        fails(CHECK, "cannot decrypt them", **CALL)

    def test_a_public_statement_beside_and_the_block_on(self, bucket, fails):
        bucket.policy(statement(principal=ROOT), statement(resource=f"{ARN}/public/*"))
        bucket.block("RestrictPublicBuckets")
        fails(CHECK, "a statement of the policy is public", **CALL)

    def test_the_whole_world(self, bucket, fails):
        bucket.policy(statement())
        fails(CHECK, "is open to strangers too", "anyone on the internet can s3:GetObject", **CALL)

    def test_another_role_of_the_account(self, bucket, fails):
        bucket.policy(statement(principal=ROLE))
        fails(CHECK, "lacks s3:GetObject", **CALL, role="reports")

    def test_a_deny(self, bucket, fails):
        bucket.policy(statement(principal=ROOT), statement("Deny", principal=ROOT, resource=f"{ARN}/q1.csv"))
        fails(CHECK, "denied by statement 2", **CALL)


class TestNearMiss:
    def test_the_bucket_not_its_objects(self, bucket, fails):
        bucket.policy(statement(principal=ROOT, resource=ARN))
        fails(CHECK, "speaks of the bucket, not of its objects", f"must be {ARN}/*", **CALL)

    def test_another_account(self, bucket, fails):
        bucket.policy(statement(principal={"AWS": "arn:aws:iam::999988887770:root"}))
        fails(CHECK, "the policy lets account 999988887770 in", **CALL)
