import json

import pytest

CHECK = "s3.anonymous_get_served"
BUCKET = "acme-site"
CALL = {"bucket": BUCKET, "key": "index.html", "contains": "Hello"}
pytestmark = pytest.mark.stack


@pytest.fixture
def s3(cell):
    made = cell.client("s3")
    made.create_bucket(Bucket=BUCKET)
    made.put_object(Bucket=BUCKET, Key="index.html", Body=b"<h1>Hello</h1>", ContentType="text/html")
    return made


def open_up(s3, resource="*", principal="*", **more):
    s3.delete_public_access_block(Bucket=BUCKET)
    arn = f"arn:aws:s3:::{BUCKET}/{resource}" if resource else f"arn:aws:s3:::{BUCKET}"
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": arn, **more}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


class TestRight:
    def test_by_a_policy_for_all(self, cell, s3):
        open_up(s3)
        cell.passes(CHECK, **CALL)

    def test_by_a_policy_for_the_page(self, cell, s3):
        open_up(s3, "index.html", {"AWS": "*"})
        cell.passes(CHECK, **CALL)

    def test_by_the_objects_acl(self, cell, s3):
        s3.delete_public_access_block(Bucket=BUCKET)
        s3.put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
        )
        s3.put_object_acl(Bucket=BUCKET, Key="index.html", ACL="public-read")
        cell.passes(CHECK, **CALL)

    def test_with_a_wildcard_in_the_action(self, cell, s3):
        open_up(s3, Action="s3:Get*")
        cell.passes(CHECK, **CALL)


class TestWrong:
    def test_nothing_was_opened(self, cell, s3):
        cell.fails(CHECK, "acme-site refuses index.html", **CALL)

    def test_a_policy_on_the_bucket_instead_of_its_objects(self, cell, s3):
        open_up(s3, "")
        cell.fails(CHECK, "refuses index.html", **CALL)

    def test_a_policy_that_the_block_overrules(self, cell, s3):
        open_up(s3)
        s3.put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True, "BlockPublicPolicy": True}
        )
        cell.fails(CHECK, "refuses index.html", **CALL)

    def test_open_to_the_account_only(self, cell, s3):
        open_up(s3, principal={"AWS": f"arn:aws:iam::{cell.account_id}:root"})
        cell.fails(CHECK, "refuses index.html", **CALL)

    def test_the_wrong_page(self, cell, s3):
        open_up(s3)
        s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"It works!")
        cell.fails(CHECK, "does not hold “Hello”", **CALL)


class TestNearMiss:
    def test_another_page_is_served(self, cell, s3):
        s3.put_object(Bucket=BUCKET, Key="error.html", Body=b"no")
        open_up(s3, "error.html")
        cell.fails(CHECK, "It serves error.html", **CALL)

    def test_a_page_in_capital_letters(self, cell, s3):
        s3.delete_object(Bucket=BUCKET, Key="index.html")
        s3.put_object(Bucket=BUCKET, Key="Index.html", Body=b"Hello")
        open_up(s3)
        cell.fails(CHECK, "index.html of acme-site does not exist", **CALL)
