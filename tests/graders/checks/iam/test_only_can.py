import json

import pytest

from tests.graders.checks.iam.conftest import ALL, BUCKET, OBJECTS, READ, arn
from tests.graders.conftest import ACCOUNT

CHECK = "iam.only_can"
CALL = {"action": "s3:GetObject", "resource": OBJECTS, "principals": ["role/reporting"]}
TLS = {"over": {"aws:SecureTransport": True}}
ROLE = arn("role", "reporting")
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
BOTH = [f"arn:aws:s3:::{BUCKET}", OBJECTS]
HTTP = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
OTHERS = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS,
          "Condition": {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}}  # fmt: skip


def allow(principal, action="s3:GetObject", resource=OBJECTS, **more):
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


@pytest.fixture
def queue(account):
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    def policy(*statements):
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})

    return policy


class TestRight:
    def test_by_its_own_policy_over_tls(self, iam, bucket, passes):
        iam.role("reporting", READ)
        bucket(HTTP)
        passes(CHECK, **CALL, **TLS)

    def test_by_the_bucket_and_a_deny_for_the_others(self, iam, bucket, passes):
        iam.role("reporting")
        iam.user("admin", ALL)
        bucket(allow({"AWS": ROLE}), OTHERS, HTTP)
        passes(CHECK, **CALL, **TLS)

    def test_a_queue(self, iam, queue, passes):
        iam.role("worker", {"Action": "sqs:ReceiveMessage", "Resource": QUEUE})
        passes(CHECK, action="sqs:ReceiveMessage", resource=QUEUE, principals=["role/worker"])

    def test_a_topic_and_a_secret(self, iam, account, passes):
        topic = account.client("sns").create_topic(Name="news")["TopicArn"]
        secret = account.client("secretsmanager").create_secret(Name="db", SecretString="x")["ARN"]
        iam.role("app", {"Action": ["sns:Subscribe", "secretsmanager:GetSecretValue"], "Resource": "*"})
        account.client("sns").set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps(
                {"Version": "2012-10-17", "Statement": [allow({"AWS": arn("role", "app")}, "sns:Subscribe", topic)]}
            ),
        )
        passes(CHECK, action="sns:Subscribe", resource=topic, principals=["role/app"])
        short = secret.rpartition("-")[0]
        passes(CHECK, action="secretsmanager:GetSecretValue", resource=short, principals=["role/app"])

    def test_a_key_by_its_alias(self, iam, account, passes):
        kms = account.client("kms")
        iam.role("app", {"Action": "kms:Decrypt", "Resource": "*"})
        own = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
        key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [own]}))["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/app", TargetKeyId=key)
        alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
        passes(CHECK, action="kms:Decrypt", resource=alias, principals=["role/app"])

    def test_the_members_of_a_group_and_from_the_office_only(self, iam, bucket, passes):
        office = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
        iam.group("readers", READ | office)
        iam.user("bob", groups=["readers"])
        passes(CHECK, **CALL | {"principals": ["group/readers"]}, over={"aws:SourceIp": "203.0.113.0/24"})


class TestWrong:
    @pytest.mark.parametrize(
        ("statements", "words"),
        [
            ([allow("*")], "anyone on the internet can s3:GetObject"),
            ([allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})], "user bob can"),
            ([allow({"AWS": "arn:aws:iam::111122223333:root"})], "of account 111122223333 can"),
            ([allow({"Service": "logging.s3.amazonaws.com"})], "the service logging.s3.amazonaws.com can"),
        ],
        ids=["everybody", "the account", "another account", "a service"],
    )
    def test_others_get_in(self, iam, bucket, fails, statements, words):
        iam.role("reporting", READ)
        iam.user("bob", *([READ] if "bob" in words else []))
        bucket(*statements)
        fails(CHECK, words, **CALL)

    def test_over_http_too(self, iam, bucket, fails):
        iam.role("reporting", READ)
        fails(CHECK, "get through without aws:securetransport = true", "over plain http", **CALL, **TLS)

    def test_a_deny_of_http_that_misses_the_objects(self, iam, bucket, fails):
        iam.role("reporting", READ)
        bucket(HTTP | {"Resource": f"arn:aws:s3:::{BUCKET}"})
        fails(CHECK, "over plain http", **CALL, **TLS)

    def test_anybody_may_become_the_role(self, iam, bucket, fails):
        iam.role("reporting", READ, trust={"AWS": "*"})
        fails(CHECK, "others may become role reporting", **CALL)

    def test_the_role_itself_cannot(self, iam, bucket, fails):
        iam.role("reporting", READ)
        bucket(OTHERS | {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": ROLE.replace("role/", "user/")}}})
        fails(CHECK, "role reporting cannot s3:GetObject", "explicit deny", **CALL)

    def test_any_topic_may_send_to_the_queue(self, iam, queue, fails):
        iam.role("worker", {"Action": "sqs:SendMessage", "Resource": QUEUE})
        queue(allow("*", "sqs:SendMessage", QUEUE, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}))
        call = {"action": "sqs:SendMessage", "resource": QUEUE}
        fails(CHECK, "can sqs:SendMessage", **call, principals=["role/worker"])

    def test_a_key_that_another_role_may_use(self, iam, account, fails):
        iam.role("app", {"Action": "kms:Decrypt", "Resource": "*"})
        iam.role("batch")
        statements = [allow({"AWS": arn("role", name)}, "kms:*", "*") for name in ("app", "batch")]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        key = account.client("kms").create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
        fails(CHECK, "role batch can kms:Decrypt", action="kms:Decrypt", resource=key, principals=["role/app"])


class TestNearMiss:
    def test_the_right_policy_on_another_bucket(self, iam, bucket, fails):
        iam.role("reporting", READ | {"Resource": "arn:aws:s3:::acme-report/*"})
        fails(CHECK, "allows it on arn:aws:s3:::acme-report/*", **CALL)

    def test_the_queue_is_elsewhere(self, iam, account, fails):
        iam.role("worker")
        call = {"action": "sqs:SendMessage", "principals": ["role/worker"]}
        fails(CHECK, "does not exist", "letter by letter", resource=QUEUE, **call)
