import json

import pytest

from tests.graders.conftest import ACCOUNT

BUCKET = "acme-blue-1f2e"
ARN = f"arn:aws:s3:::{BUCKET}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reporting"


def statement(effect="Allow", principal="*", action="s3:GetObject", resource=f"{ARN}/*", condition=None, **more):
    found = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}
    if "NotPrincipal" in more:
        del found["Principal"]
    return found | ({"Condition": condition} if condition else {})


def deny_http(resource=(ARN, f"{ARN}/*"), condition=None, **more):
    condition = condition or {"Bool": {"aws:SecureTransport": "false"}}
    return statement("Deny", "*", more.pop("action", "s3:*"), list(resource), condition, **more)


@pytest.fixture
def bucket(account):
    """acme-blue-1f2e with one object; `bucket.policy(…statements)`, `bucket.block(…flags)`."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="q1.csv", Body=b"1")

    class Bucket:
        name = BUCKET
        client = s3

        def policy(self, *statements, version="2012-10-17"):
            document = {"Version": version, "Statement": list(statements)}
            s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))

        def block(self, *names):
            flags = names or ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(flags, True))

    return Bucket()


@pytest.fixture
def iam(account):
    """Makes roles and users: `iam.role("reporting", {"Action": …})`, `iam.user("bob", …)`."""
    client = account.client("iam")

    def document(statements):
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})

    class Iam:
        def role(self, name, *statements, trust=None, condition=None, action="sts:AssumeRole"):
            trust = trust or {"Service": "ec2.amazonaws.com"}
            trusting = statement(principal=trust, action=action, condition=condition)
            policy = {"Version": "2012-10-17", "Statement": [trusting]}
            del trusting["Resource"]
            client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
            if statements:
                client.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(statements))

        def user(self, name, *statements):
            client.create_user(UserName=name)
            if statements:
                client.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(statements))

    return Iam()


@pytest.fixture
def key(account):
    """Makes a key: `key("alias/app", …statements, region=…)` gives its ARN; `key.client` for the rest."""
    client = account.client("kms")

    def key(alias=None, *statements, region=None):
        kms = account.client("kms", region) if region else client
        options = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})} if statements else {}
        made = kms.create_key(**options)["KeyMetadata"]
        if alias:
            kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
        return made["Arn"]

    key.client = client
    return key


@pytest.fixture
def encrypts(bucket):
    """The bucket's default encryption: `encrypts("aws:kms", key)`."""

    def encrypts(algorithm, key=None, bucket_key=True):
        default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        bucket.client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})

    return encrypts
