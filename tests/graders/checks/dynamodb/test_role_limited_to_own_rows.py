import json

import pytest

from tests.graders.checks.dynamodb.conftest import TABLE, index

CHECK = "dynamodb.role_limited_to_own_rows"
CALL = {"role": "shop-user", "table": TABLE}
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}"
SUB = "${cognito-identity.amazonaws.com:sub}"
ROWS = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]


def keys(operator="ForAllValues:StringEquals", value=SUB, **more):
    return {operator: {"dynamodb:LeadingKeys": [value]}, **more}


@pytest.fixture
def role(account, table):
    """The table Posts and `role(…statements)`, the role shop-user that a user pool hands out."""
    iam = account.client("iam")

    def role(*statements, **options):
        table(**options)
        trust = {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}}
        iam.create_role(
            RoleName="shop-user",
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRoleWithWebIdentity"}]}
            ),
        )
        held = [{"Effect": "Allow", "Action": ROWS, "Resource": ARN} | one for one in statements]
        if held:
            document = json.dumps({"Version": "2012-10-17", "Statement": held})
            iam.put_role_policy(RoleName="shop-user", PolicyName="rows", PolicyDocument=document)

    return role


class TestRight:
    def test_for_all_values(self, role, passes):
        role({"Condition": keys()})
        passes(CHECK, **CALL)

    def test_a_key_that_begins_with_the_user(self, role, passes):
        role({"Condition": keys("ForAllValues:StringLike", f"{SUB}#*")})
        passes(CHECK, **CALL)

    def test_an_index_too(self, role, passes):
        role({"Resource": [ARN, f"{ARN}/index/*"], "Condition": keys()}, indexes=[index("by-email", "email")])
        passes(CHECK, **CALL)

    def test_all_actions_but_only_where_a_key_is_named(self, role, passes):
        role({"Action": "dynamodb:*", "Condition": keys(Null={"dynamodb:LeadingKeys": "false"})})
        passes(CHECK, **CALL)

    def test_another_provider(self, role, passes):
        role({"Condition": keys(value="${www.amazon.com:user_id}")})
        passes(CHECK, **CALL, identity="www.amazon.com:user_id")


class TestWrong:
    def test_no_condition(self, role, fails):
        role({})
        fails(CHECK, "can dynamodb:GetItem table/Posts with somebody else's key", **CALL)

    def test_a_scan_carries_no_key(self, role, fails):
        role({"Action": [*ROWS, "dynamodb:Scan"], "Condition": keys()})
        fails(CHECK, "can dynamodb:Scan table/Posts without naming a row", **CALL)

    def test_any_value_lets_a_foreign_row_through(self, role, fails):
        role({"Condition": keys("ForAnyValue:StringEquals")})
        fails(CHECK, "with somebody else's key", **CALL)

    def test_the_index_without_the_condition(self, role, fails):
        role({"Condition": keys()}, {"Resource": f"{ARN}/index/*"}, indexes=[index("by-email", "email")])
        fails(CHECK, "can dynamodb:GetItem table/Posts/index/by-email", **CALL)

    def test_nothing_granted(self, role, fails):
        role()
        fails(CHECK, "cannot dynamodb:GetItem a user's own row", **CALL)


class TestNearMiss:
    def test_the_variable_of_another_provider(self, role, fails):
        role({"Condition": keys(value="${www.amazon.com:user_id}")})
        fails(CHECK, "speaks of ${www.amazon.com:user_id}, which is not what this user signs in with", **CALL)
