import json

import pytest

from tests.graders.conftest import ACCOUNT

BUCKET = "acme-reports"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
OBJECT = f"arn:aws:s3:::{BUCKET}/q1.csv"
READ = {"Action": "s3:GetObject", "Resource": OBJECTS}
ALL = {"Action": "*", "Resource": "*"}
DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def document(*statements, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": [{"Effect": "Allow", **one} for one in statements]})


def trusting(principal, condition=None, action="sts:AssumeRole", **more):
    found = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return found | ({"Condition": condition} if condition else {})


class Iam:
    """Makes users, groups, roles and policies; each with the statements of one inline policy."""

    def __init__(self, client):
        self.client = client

    def user(self, name, *statements, groups=(), **more):
        self.client.create_user(UserName=name, **more)
        if statements:
            self.client.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        for group in groups:
            self.client.add_user_to_group(GroupName=group, UserName=name)

    def group(self, name, *statements):
        self.client.create_group(GroupName=name)
        if statements:
            self.client.put_group_policy(GroupName=name, PolicyName="team", PolicyDocument=document(*statements))

    def role(self, name, *statements, trust=None, trusts=None, **more):
        trusts = trusts or [trusting(trust or {"Service": "ec2.amazonaws.com"})]
        policy = json.dumps({"Version": "2012-10-17", "Statement": trusts})
        self.client.create_role(RoleName=name, AssumeRolePolicyDocument=policy, **more)
        if statements:
            self.client.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))

    def policy(self, name, *statements, version="2012-10-17"):
        made = self.client.create_policy(PolicyName=name, PolicyDocument=document(*statements, version=version))
        return made["Policy"]["Arn"]


@pytest.fixture
def iam(account):
    return Iam(account.client("iam"))


@pytest.fixture
def bucket(account):
    """acme-reports; `bucket(…statements)` gives it a policy."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)

    def policy(*statements):
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        s3.put_bucket_policy(Bucket=BUCKET, Policy=text)

    return policy
