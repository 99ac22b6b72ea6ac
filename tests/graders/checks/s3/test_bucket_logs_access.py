import json

import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET
from tests.graders.conftest import ACCOUNT

CHECK = "s3.bucket_logs_access"
LOGS = "acme-logs-77aa"
CALL = {"bucket": BUCKET, "target": LOGS}
GROUP = 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"'


@pytest.fixture
def logs(bucket):
    """The bucket for logs; `logs(prefix)` logs into it, `logs.policy(condition)` lets log delivery write."""
    s3 = bucket.client
    s3.create_bucket(Bucket=LOGS)

    class Logs:
        client = s3

        def __call__(self, prefix="legal/", target=LOGS):
            enabled = {"TargetBucket": target, "TargetPrefix": prefix}
            s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": enabled})

        def policy(self, condition=None, resource=f"arn:aws:s3:::{LOGS}/*", bucket=LOGS):
            service = {"Service": "logging.s3.amazonaws.com"}
            allow = {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": resource}
            allow |= {"Condition": condition} if condition else {}
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))

    return Logs()


class TestRight:
    def test_by_policy(self, logs, passes):
        logs.policy()
        logs()
        passes(CHECK, **CALL, prefix="legal/")

    def test_by_a_policy_for_this_bucket(self, logs, passes):
        logs.policy({"ArnLike": {"aws:SourceArn": ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}})
        logs("")
        passes(CHECK, **CALL)

    def test_by_the_list(self, logs, passes):
        logs.client.put_bucket_acl(Bucket=LOGS, GrantWrite=GROUP, GrantReadACP=GROUP)
        logs()
        passes(CHECK, **CALL)

    def test_another_prefix_where_none_is_asked(self, logs, passes):
        logs.policy()
        logs("whatever/")
        passes(CHECK, **CALL)


class TestWrong:
    def test_it_logs_nothing(self, logs, fails):
        logs.policy()
        fails(CHECK, "logs nothing", **CALL)

    def test_the_policy_was_taken_away(self, logs, fails):
        logs.policy()
        logs()
        logs.client.delete_bucket_policy(Bucket=LOGS)
        fails(CHECK, "Log delivery cannot write to acme-logs-77aa", **CALL)

    def test_the_list_does_not_count(self, logs, fails):
        logs.client.put_bucket_acl(Bucket=LOGS, GrantWrite=GROUP, GrantReadACP=GROUP)
        logs()
        rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        logs.client.put_bucket_ownership_controls(Bucket=LOGS, OwnershipControls=rules)
        fails(CHECK, "Log delivery cannot write", **CALL)

    def test_the_policy_is_for_another_bucket(self, logs, fails):
        logs.policy({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::another"}})
        logs()
        fails(CHECK, f"acting for {ARN}", **CALL)

    def test_into_itself(self, logs, fails):
        logs.policy(bucket=BUCKET, resource=f"{ARN}/*")
        logs(target=BUCKET)
        fails(CHECK, "logs into itself", **CALL)

    def test_the_target_is_under_a_key(self, logs, key, fails):
        logs.policy()
        logs()
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key()}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        logs.client.put_bucket_encryption(Bucket=LOGS, ServerSideEncryptionConfiguration=rules)
        fails(CHECK, "log delivery can write to SSE-S3 only", **CALL)

    def test_the_target_lies_elsewhere(self, logs, fails, monkeypatch):
        logs.policy()
        logs()
        place = {BUCKET: "us-east-1", LOGS: "eu-west-1"}
        monkeypatch.setattr("graders.buckets.region_of", lambda _, name: place[name])
        fails(CHECK, "logs stay in their region", **CALL)


class TestNearMiss:
    def test_a_policy_for_another_prefix(self, logs, fails):
        logs.policy()
        logs()
        logs.policy(resource=f"arn:aws:s3:::{LOGS}/logs/*")
        fails(CHECK, f"Allow s3:PutObject on {LOGS}/legal/*", **CALL)

    def test_another_prefix(self, logs, fails):
        logs.policy()
        logs("legacy/")
        fails(CHECK, "The logs begin with legacy/, not with legal/", **CALL, prefix="legal/")

    def test_another_target(self, logs, fails):
        logs.policy()
        logs()
        fails(CHECK, f"logs into {LOGS}, not into acme-logs", bucket=BUCKET, target="acme-logs")
