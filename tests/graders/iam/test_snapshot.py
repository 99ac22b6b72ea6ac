"""The account's people, read at once."""

import json

import pytest
from botocore.exceptions import ClientError

from graders import BotoAccount
from graders.iam.snapshot import snapshot
from tests.graders.conftest import new_account

GONE = "arn:aws:iam::aws:policy/Withdrawn"


@pytest.fixture
def withdrawn(account, monkeypatch):
    """The user alice has a policy of her own, and one of AWS's that IAM does not find any more."""
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    iam.put_user_policy(
        UserName="alice", PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": read})
    )
    reading = BotoAccount.read

    def found(self, service, operation, **parameters):
        if operation == "get_policy" and parameters["PolicyArn"] == GONE:
            raise ClientError({"Error": {"Code": code[0], "Message": "-"}}, "GetPolicy")
        answer = reading(self, service, operation, **parameters)
        if operation == "get_account_authorization_details":
            user = answer["UserDetailList"][0]
            user[kind[0]] = {
                "AttachedManagedPolicies": [{"PolicyName": "Withdrawn", "PolicyArn": GONE}],
                "PermissionsBoundary": {"PermissionsBoundaryArn": GONE},
            }[kind[0]]
        return answer

    code, kind = ["NoSuchEntity"], ["AttachedManagedPolicies"]
    monkeypatch.setattr(BotoAccount, "read", found)
    return code, kind


def test_a_managed_policy_that_is_gone_grants_nothing_and_breaks_nothing(withdrawn):
    people = snapshot(new_account())
    assert [one.name for one in people.users[0].identity] == ["policy own of user alice"]
    assert people.invalid == (f"policy Withdrawn of user alice: there is no policy {GONE}, so it grants nothing",)


def test_a_boundary_that_is_gone_allows_nothing(withdrawn):
    withdrawn[1][0] = "PermissionsBoundary"
    assert snapshot(new_account()).users[0].boundary.statements == ()


def test_a_policy_that_we_may_not_read_is_not_guessed_at(withdrawn):
    withdrawn[0][0] = "AccessDenied"
    with pytest.raises(ClientError):
        snapshot(new_account())
