import json

import pytest
from moto.cloudtrail.models import TrailStatus

from tests.graders.checks.cloudtrail.conftest import BUCKET, LOGS, SERVICE, policy
from tests.graders.conftest import ACCOUNT

CHECK = "cloudtrail.trail_effective"
CALL = {"trail": "main"}
MANAGEMENT = {"eventCategory": {"Equals": ["Management"]}}
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/audit/trail:*"


def basic(read_write="All", management=True, **more):
    return [{"ReadWriteType": read_write, "IncludeManagementEvents": management, **more}]


@pytest.fixture
def key(account):
    """A KMS key that CloudTrail may use, or not."""

    def make(*more):
        own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
               "Resource": "*"}  # fmt: skip
        text = json.dumps({"Version": "2012-10-17", "Statement": [own, *more]})
        return account.client("kms").create_key(Policy=text)["KeyMetadata"]["Arn"]

    return make


ENCRYPT = {"Effect": "Allow", "Principal": SERVICE, "Action": "kms:GenerateDataKey*", "Resource": "*"}


class TestRight:
    @pytest.mark.parametrize(
        "how",
        [
            {},
            {"statements": policy(source="", put=f"arn:aws:s3:::{BUCKET}/*")},
            {"selectors": basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}])},
            {"selectors": [*basic("ReadOnly"), *basic("WriteOnly")]},
            {"advanced": [MANAGEMENT, {"eventCategory": {"Equals": ["Data"]},
                                       "resources.type": {"Equals": ["AWS::S3::Object"]}}]},
        ],
        ids=["plain", "a wider policy", "and data events", "two selectors", "advanced"],
    )  # fmt: skip
    def test_it_records_and_delivers(self, trail, passes, how):
        trail(**how)
        passes(CHECK, **CALL, bucket=BUCKET)

    def test_with_a_key_and_a_prefix(self, trail, key, passes):
        put = LOGS.replace("AWSLogs", "audit/AWSLogs")
        trail(statements=policy(put=put), S3KeyPrefix="audit", KmsKeyId=key(ENCRYPT))
        passes(CHECK, **CALL, encrypted=True)

    def test_to_a_log_group(self, trail, account, passes):
        account.client("logs").create_log_group(logGroupName="/audit/trail")
        iam = account.client("iam")
        trust = {"Version": "2012-10-17",
                 "Statement": [{"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}]}  # fmt: skip
        role = iam.create_role(RoleName="to-logs", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": GROUP}
        document = json.dumps({"Version": "2012-10-17", "Statement": [write]})
        iam.put_role_policy(RoleName="to-logs", PolicyName="p", PolicyDocument=document)
        trail(CloudWatchLogsLogGroupArn=GROUP, CloudWatchLogsRoleArn=role)
        passes(CHECK, **CALL, log_group="/audit/trail")


class TestWrong:
    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ({"start": False}, "is there, and stopped"),
            ({"IsMultiRegionTrail": False}, "records us-east-1 only"),
            ({"EnableLogFileValidation": False}, "writes no digests"),
            ({"selectors": basic("ReadOnly")}, "what changes things"),
            ({"selectors": basic("WriteOnly")}, "reads (ReadOnly events)"),
            ({"selectors": basic(management=False)}, "leaves out management events"),
            ({"advanced": [MANAGEMENT | {"readOnly": {"Equals": ["true"]}}]}, "what changes things"),
            ({"statements": []}, "cannot deliver: the service cloudtrail.amazonaws.com"),
            ({"statements": policy(put=f"arn:aws:s3:::{BUCKET}/AWSLogs/999999999999/*")}, "s3:PutObject"),
        ],
    )
    def test_it_does_not(self, trail, fails, how, words):
        trail(**how)
        fails(CHECK, words, **CALL)

    def test_the_key_keeps_it_out(self, trail, key, fails):
        trail(KmsKeyId=key())
        fails(CHECK, "cannot encrypt", "lacks kms:GenerateDataKey", **CALL)

    def test_no_key_where_one_is_asked(self, trail, fails):
        trail()
        fails(CHECK, "has no KMS key", **CALL, encrypted=True)

    def test_the_last_delivery_failed(self, trail, fails, monkeypatch):
        trail()
        told = TrailStatus.description
        monkeypatch.setattr(
            TrailStatus, "description", lambda self: told(self) | {"LatestDeliveryError": "NoSuchBucket"}
        )
        fails(CHECK, "ended with NoSuchBucket", **CALL)

    def test_another_log_group(self, trail, fails):
        trail()
        fails(CHECK, "it delivers to no log group", **CALL, log_group="/audit/trail")


class TestNearMiss:
    def test_the_policy_speaks_of_another_trail(self, trail, fails):
        trail(statements=policy(source=f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/old"))
        fails(CHECK, "trail/main, lacks s3:PutObject", **CALL)

    def test_another_region(self, trail, fails):
        trail(region="eu-west-1", IsMultiRegionTrail=False)
        fails(CHECK, "There is one in eu-west-1", **CALL)

    def test_another_bucket(self, trail, fails):
        trail()
        fails(CHECK, "delivers to acme-trail, not to acme-trails", **CALL, bucket="acme-trails")
