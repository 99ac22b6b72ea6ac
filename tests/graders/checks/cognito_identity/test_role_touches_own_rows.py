import pytest

from tests.graders.checks.cognito_identity.conftest import ISSUER, rows, trust
from tests.graders.conftest import ACCOUNT

CHECK = "cognito_identity.role_touches_own_rows"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Profiles"
CALL = {"role": "shopper", "table": "Profiles", "actions": ["dynamodb:GetItem", "dynamodb:PutItem"]}
BOTH = ("dynamodb:GetItem", "dynamodb:PutItem")


@pytest.fixture
def role(iam):
    return lambda *own: iam.role("shopper", *own, trusts=[trust("us-east-1:pool")])


class TestRight:
    @pytest.mark.parametrize("condition", ["ForAllValues:StringEquals", "ForAllValues:StringLike"])
    def test_own_rows(self, role, passes, condition):
        role(rows(TABLE, *BOTH, condition=condition))
        passes(CHECK, **CALL)

    def test_more_actions_in_two_statements(self, role, passes):
        role(rows(TABLE, "dynamodb:GetItem"), rows(TABLE, "dynamodb:PutItem", "dynamodb:Query"))
        passes(CHECK, **CALL | {"table": TABLE})

    def test_scan_denied(self, role, passes):
        deny = {"Effect": "Deny", "Action": ["dynamodb:Scan", "dynamodb:PartiQL*"], "Resource": "*"}
        role(rows(TABLE, "dynamodb:*"), deny)
        passes(CHECK, **CALL)


class TestWrong:
    def test_no_condition(self, role, fails):
        role(rows(TABLE, *BOTH, condition=""))
        fails(CHECK, "rows of somebody else", **CALL)

    def test_scan(self, role, fails):
        role(rows(TABLE, *BOTH, "dynamodb:Scan"))
        fails(CHECK, "can dynamodb:Scan the rows of everybody", **CALL)

    def test_any_value_is_enough(self, role, fails):
        role(rows(TABLE, *BOTH, condition="ForAnyValue:StringEquals"))
        fails(CHECK, "their own rows and others' at once", **CALL)

    def test_a_second_statement_opens_it_again(self, role, fails):
        role(rows(TABLE, *BOTH), rows("*", "dynamodb:Get*", condition=""))
        fails(CHECK, "can dynamodb:GetItem rows of somebody else", **CALL)

    def test_a_name_instead_of_the_variable(self, role, fails):
        own = rows(TABLE, *BOTH)
        own["Condition"] = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"{ISSUER}:sub"]}}
        role(own)
        fails(CHECK, "cannot dynamodb:GetItem", **CALL)


class TestNearMiss:
    def test_another_table(self, role, fails):
        role(rows(TABLE.replace("Profiles", "Profile"), *BOTH))
        fails(CHECK, "allows it on", "table/Profile", **CALL)
