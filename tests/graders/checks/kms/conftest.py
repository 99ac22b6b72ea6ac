import json

import pytest

from tests.graders.conftest import ACCOUNT

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def allow(principal, action="kms:Decrypt", condition=None, effect="Allow"):
    found = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return found | ({"Condition": condition} if condition else {})


ADMINISTER = allow(
    {"AWS": ROOT}, ["kms:Create*", "kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*", "kms:Schedule*", "kms:Enable*"]
)
DELEGATE = allow({"AWS": ROOT}, "kms:*")


@pytest.fixture
def kms(account):
    """Makes keys: `kms.key("alias/app", …statements, KeySpec=…)` gives the id; `kms.client` for the rest."""
    client = account.client("kms")

    class Kms:
        def key(self, alias=None, *statements, **options):
            if statements:
                options["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            key_id = client.create_key(**options)["KeyMetadata"]["KeyId"]
            if alias:
                client.create_alias(AliasName=alias, TargetKeyId=key_id)
            return key_id

    made = Kms()
    made.client = client
    return made


@pytest.fixture
def iam(account):
    """Makes roles and users: `iam.role("app", {"Action": …})`, `iam.user("bob", …)`."""
    client = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def document(statements):
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})

    class Iam:
        def role(self, name, *statements):
            client.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            )
            if statements:
                client.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(statements))

        def user(self, name, *statements):
            client.create_user(UserName=name)
            if statements:
                client.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(statements))

    return Iam()
