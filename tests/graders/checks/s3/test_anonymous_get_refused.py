import json

import pytest

CHECK = "s3.anonymous_get_refused"
BUCKET = "acme-reports"
pytestmark = pytest.mark.stack


@pytest.fixture
def s3(cell):
    made = cell.client("s3")
    made.create_bucket(Bucket=BUCKET)
    made.put_object(Bucket=BUCKET, Key="q1.csv", Body=b"1")
    return made


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def statement(effect="Allow", resource="*", **more):
    return {
        "Effect": effect,
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/{resource}",
        **more,
    }


def open_up(s3, *statements):
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(*statements))


class TestRight:
    def test_a_new_bucket(self, cell, s3):
        cell.passes(CHECK, bucket=BUCKET)
        assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["q1.csv"]  # it acted elsewhere

    def test_an_empty_bucket(self, cell, s3):
        s3.delete_object(Bucket=BUCKET, Key="q1.csv")
        cell.passes(CHECK, bucket=BUCKET)

    def test_a_public_policy_that_the_block_overrules(self, cell, s3):
        open_up(s3, statement())
        flags = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=flags)
        cell.passes(CHECK, bucket=BUCKET)

    def test_open_to_an_office_only(self, cell, s3):
        open_up(s3, statement(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
        cell.passes(CHECK, bucket=BUCKET, key="q1.csv")

    def test_a_deny_that_covers_the_allow(self, cell, s3):
        open_up(s3, statement(), statement("Deny"))
        cell.passes(CHECK, bucket=BUCKET)


class TestWrong:
    def test_open_to_everybody(self, cell, s3):
        open_up(s3, statement())
        cell.fails(CHECK, "Anybody can fetch q1.csv from acme-reports", bucket=BUCKET)

    def test_open_through_a_condition_that_everybody_meets(self, cell, s3):
        open_up(s3, statement(Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}))
        cell.fails(CHECK, "GET acme-reports/q1.csv without credentials", bucket=BUCKET)

    def test_an_object_opened_by_its_own_acl(self, cell, s3):
        s3.delete_public_access_block(Bucket=BUCKET)
        s3.put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )
        s3.put_object_acl(Bucket=BUCKET, Key="q1.csv", ACL="public-read")
        cell.fails(CHECK, "Anybody can fetch q1.csv", bucket=BUCKET)

    def test_only_new_objects_are_open(self, cell, s3):
        open_up(s3, statement(resource="probe/*"))
        cell.fails(CHECK, "Anybody can fetch probe/anonymous.txt", bucket=BUCKET)

    def test_a_deny_that_misses(self, cell, s3):
        open_up(s3, statement(), statement("Deny", resource="private/*"))
        cell.fails(CHECK, "Anybody can fetch q1.csv", bucket=BUCKET, key="q1.csv")


class TestNearMiss:
    def test_a_bucket_of_almost_that_name(self, cell, s3):
        cell.fails(CHECK, "does not exist", "acme-reports", bucket="acme-report")

    def test_an_object_that_is_not_there_is_not_one_that_is_refused(self, cell, s3):
        cell.fails(CHECK, "q2.csv of acme-reports does not exist", bucket=BUCKET, key="q2.csv")
