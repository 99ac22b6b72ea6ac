import json

import pytest

from tests.graders.checks.iam.conftest import Iam, trusting

ISSUER = "cognito-identity.amazonaws.com"


@pytest.fixture
def iam(account):
    return Iam(account.client("iam"))


@pytest.fixture
def pool(account):
    """Makes the identity pool shop; gives its id."""

    def make(name="shop", guests=False, **more):
        client = account.client("cognito-identity")
        made = client.create_identity_pool(IdentityPoolName=name, AllowUnauthenticatedIdentities=guests, **more)
        return made["IdentityPoolId"]

    return make


def trust(audience=None, kind="authenticated", *, operator="ForAnyValue:StringLike"):
    """A statement of a trust policy for people of an identity pool."""
    condition = {"StringEquals": {f"{ISSUER}:aud": audience}} if audience else {}
    if kind:
        condition[operator] = {f"{ISSUER}:amr": kind}
    return trusting({"Federated": ISSUER}, condition, "sts:AssumeRoleWithWebIdentity")


def rows(table, *actions, condition="ForAllValues:StringEquals"):
    """Statements that let somebody at their own rows."""
    held = {condition: {"dynamodb:LeadingKeys": [f"${{{ISSUER}:sub}}"]}} if condition else {}
    found = {"Action": list(actions), "Resource": table}
    return json.loads(json.dumps(found | ({"Condition": held} if held else {})))
