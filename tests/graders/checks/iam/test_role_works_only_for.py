import json

import pytest

CHECK = "iam.role_works_only_for"
READ, WRITE = "s3:GetObject arn:aws:s3:::acme-reports/q1.csv", "s3:PutObject arn:aws:s3:::acme-reports/q1.csv"
OTHER = "s3:GetObject arn:aws:s3:::acme-secrets/keys.txt"
CALL = {"role": "reporting", "works": [READ], "refused": [WRITE, OTHER, "iam:ListUsers"]}
pytestmark = pytest.mark.stack


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(actions, resources, effect="Allow", **more):
    return {"Effect": effect, "Action": actions, "Resource": resources, **more}


@pytest.fixture
def role(cell):
    """`role(statement, …)` makes the role `reporting`, which EC2 may become, with these statements."""
    for bucket in ("acme-reports", "acme-secrets"):
        cell.client("s3").create_bucket(Bucket=bucket)

    def role(*statements, name="reporting", **more):
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam = cell.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))

    return role


class TestRight:
    def test_just_what_it_needs(self, cell, role):
        role(allow("s3:GetObject", "arn:aws:s3:::acme-reports/*"))
        cell.passes(CHECK, **CALL)
        listed = cell.client("s3").list_objects_v2(Bucket="acme-reports")
        assert listed["KeyCount"] == 0  # what was put there to be read was put elsewhere

    def test_by_a_managed_policy(self, cell, role):
        role()
        iam = cell.client("iam")
        made = iam.create_policy(
            PolicyName="read", PolicyDocument=document(allow("s3:Get*", "arn:aws:s3:::acme-reports/*"))
        )
        iam.attach_role_policy(RoleName="reporting", PolicyArn=made["Policy"]["Arn"])
        cell.passes(CHECK, **CALL)

    def test_much_allowed_and_the_rest_denied(self, cell, role):
        role(
            allow("s3:*", "*"),
            allow("s3:*", "arn:aws:s3:::acme-secrets/*", "Deny"),
            allow("s3:Put*", "*", "Deny"),
        )
        cell.passes(CHECK, **CALL)

    def test_held_by_a_boundary(self, cell, role):
        read = document(allow("s3:GetObject", "arn:aws:s3:::acme-reports/*"))
        boundary = cell.client("iam").create_policy(PolicyName="edge", PolicyDocument=read)["Policy"]["Arn"]
        role(allow("*", "*"), PermissionsBoundary=boundary)
        cell.passes(CHECK, **CALL)

    def test_by_the_buckets_policy(self, cell, role):
        role()
        arn = f"arn:aws:iam::{cell.account_id}:role/reporting"
        statement = allow("s3:GetObject", "arn:aws:s3:::acme-reports/*", Principal={"AWS": arn})
        cell.client("s3").put_bucket_policy(Bucket="acme-reports", Policy=document(statement))
        cell.passes(CHECK, **CALL)


class TestWrong:
    def test_everything(self, cell, role):
        role(allow("*", "*"))
        cell.fails(CHECK, "can do too much", "s3:PutObject", **CALL)

    def test_nothing(self, cell, role):
        role()
        cell.fails(CHECK, "cannot do what it is for", "s3:GetObject", **CALL)

    def test_every_bucket(self, cell, role):
        role(allow("s3:GetObject", "*"))
        cell.fails(CHECK, "can do too much", "acme-secrets/keys.txt", **CALL)

    def test_a_condition_that_is_not_met(self, cell, role):
        when = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
        role(allow("s3:GetObject", "arn:aws:s3:::acme-reports/*", Condition=when))
        cell.fails(CHECK, "cannot do what it is for", **CALL)


class TestNearMiss:
    def test_the_bucket_instead_of_its_objects(self, cell, role):
        role(allow("s3:GetObject", "arn:aws:s3:::acme-reports"))
        cell.fails(CHECK, "s3:GetObject on arn:aws:s3:::acme-reports/q1.csv was refused", **CALL)

    def test_a_role_of_almost_that_name(self, cell, role):
        role(allow("s3:GetObject", "arn:aws:s3:::acme-reports/*"), name="Reporting")
        cell.fails(CHECK, "reporting does not exist", "Reporting", **CALL)
