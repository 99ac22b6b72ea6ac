import importlib

import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, statement
from tests.graders.conftest import ACCOUNT

CHECK = "s3.replication_reaches"
COPY = "acme-copy-9d3c"
CALL = {"source": BUCKET, "destination": COPY}
S3 = {"Service": "s3.amazonaws.com"}
READS = {"Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": ARN}
FETCHES = {"Action": ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"], "Resource": f"{ARN}/*"}
COPIES = {"Action": ["s3:ReplicateObject", "s3:ReplicateDelete"], "Resource": f"arn:aws:s3:::{COPY}/*"}


@pytest.fixture
def replica(bucket, account):
    """Both buckets, versioned, and the rule: `replica(Status="Disabled", region="us-east-1")`."""

    def replica(*, region="eu-west-1", versions=("Enabled", "Enabled"), **changes):
        there = account.client("s3", region)
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        there.create_bucket(Bucket=COPY, **where)
        for name, status in zip((BUCKET, COPY), versions, strict=True):
            if status:
                bucket.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        rule = {
            "ID": "copy",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{COPY}"},
        } | changes
        rule = {name: value for name, value in rule.items() if value is not None}
        bucket.client.put_bucket_replication(
            Bucket=BUCKET,
            ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/s3-repl", "Rules": [rule]},
        )

    return replica


class TestRight:
    def test_each_right_by_name(self, replica, iam, passes):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica()
        passes(CHECK, **CALL, other_region=True)

    def test_rights_by_wildcard(self, replica, iam, passes):
        iam.role("s3-repl", {"Action": "s3:*", "Resource": [f"{ARN}*", f"arn:aws:s3:::{COPY}*"]}, trust=S3)
        replica()
        passes(CHECK, **CALL)

    def test_the_older_form_of_a_rule(self, replica, iam, passes):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica(Filter=None, Priority=None, DeleteMarkerReplication=None, Prefix="")
        passes(CHECK, **CALL)

    def test_batch_operations_may_become_the_role(self, replica, iam, passes):
        iam.role(
            "s3-repl",
            READS,
            FETCHES,
            COPIES,
            trust={"Service": ["batchoperations.s3.amazonaws.com", "s3.amazonaws.com"]},
        )
        replica(region="us-east-1")
        passes(CHECK, **CALL)

    def test_one_prefix_where_it_is_asked(self, replica, iam, passes):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica(Filter={"Prefix": "legal/"})
        passes(CHECK, **CALL, prefix="legal/2020/")


class TestWrong:
    @pytest.mark.parametrize(
        ("rights", "words"),
        [
            ([READS, COPIES], "cannot s3:GetObjectVersionForReplication acme-blue-1f2e/"),
            ([READS, FETCHES], f"cannot s3:ReplicateObject {COPY}/"),
            ([FETCHES, COPIES], "cannot s3:GetReplicationConfiguration"),
            ([READS, FETCHES, COPIES | {"Resource": f"arn:aws:s3:::{COPY}"}], "cannot s3:ReplicateObject"),
        ],
        ids=["no reading", "no writing", "no configuration", "the bucket, not its objects"],
    )
    def test_a_right_is_missing(self, replica, iam, fails, rights, words):
        iam.role("s3-repl", *rights, trust=S3)
        replica()
        fails(CHECK, words, **CALL)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"Status": "Disabled"}, f"The replication rule to {COPY} is off"),
            ({"versions": ("Enabled", None)}, f"{COPY} keeps no versions (versioning: never turned on)"),
            ({"versions": ("Enabled", "Suspended")}, f"{COPY} keeps no versions (versioning: Suspended)"),
        ],
    )
    def test_the_rule_does_not_do_it(self, replica, iam, fails, changes, words):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica(**changes)
        fails(CHECK, words, **CALL)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"Prefix": "legal/"}, "copies what begins with legal/ only"),
            ({"Tag": {"Key": "copy", "Value": "yes"}}, "with the tag copy=yes only"),
            ({"And": {"Prefix": "", "Tags": [{"Key": "a", "Value": "1"}]}}, "with the tag a=1 only"),
        ],
    )
    def test_the_filter_leaves_objects_out(self, replica, iam, fails, monkeypatch, given, words):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica()
        answer = {"Rules": [{"Status": "Enabled", "Filter": given, "Destination": {"Bucket": f"arn:aws:s3:::{COPY}"}}]}
        module = importlib.import_module("graders.checks.s3.replication_reaches")
        # moto keeps no filter
        monkeypatch.setattr(module, "read_or_none", lambda *_, **__: {"ReplicationConfiguration": answer})
        fails(CHECK, words, **CALL)

    def test_s3_may_not_become_the_role(self, replica, iam, fails):
        iam.role("s3-repl", READS, FETCHES, COPIES)
        replica()
        fails(CHECK, "S3 may not become the role s3-repl", **CALL)

    def test_the_same_region(self, replica, iam, fails):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica(region="us-east-1")
        fails(CHECK, "Both buckets lie in us-east-1", **CALL, other_region=True)

    def test_objects_under_a_key_are_left_out(self, replica, iam, key, encrypts, fails):
        iam.role("s3-repl", READS, FETCHES, COPIES, {"Action": "kms:Decrypt", "Resource": "*"}, trust=S3)
        encrypts("aws:kms", key("alias/app"))
        replica()
        fails(CHECK, "the rule leaves such objects out", **CALL)

    def test_the_destinations_policy_denies(self, replica, iam, account, fails):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica()
        deny = statement("Deny", action="s3:Replicate*", resource=f"arn:aws:s3:::{COPY}/*")
        document = str({"Version": "2012-10-17", "Statement": [deny]}).replace("'", '"')
        account.client("s3").put_bucket_policy(Bucket=COPY, Policy=document)
        fails(CHECK, "cannot s3:ReplicateObject", **CALL)


class TestNearMiss:
    def test_a_rule_to_another_bucket(self, replica, iam, fails):
        iam.role("s3-repl", READS, FETCHES, COPIES, trust=S3)
        replica(Destination={"Bucket": "arn:aws:s3:::acme-other"})
        fails(CHECK, f"goes to acme-other, not to {COPY}", **CALL)

    def test_the_role_by_another_name(self, replica, iam, fails):
        iam.role("S3-repl", READS, FETCHES, COPIES, trust=S3)
        replica()
        fails(CHECK, "There is S3-repl, which is another name", **CALL)
