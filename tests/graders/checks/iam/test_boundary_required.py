import pytest

from tests.graders.conftest import ACCOUNT

CHECK = "iam.boundary_required"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
CALL = {"principal": "user/delegate", "boundary": "limit"}
GIVING = ["iam:CreateUser", "iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:AttachUserPolicy"]
BOUND = {"Action": GIVING, "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}}
LOOK = {"Action": ["iam:Get*", "iam:List*"], "Resource": "*"}
ALL_IAM = {"Action": "iam:*", "Resource": "*"}
NOT_BOUND = {"Effect": "Deny", "Action": [*GIVING, "iam:Put*"], "Resource": "*",
             "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": LIMIT}}}  # fmt: skip
KEEP = {"Effect": "Deny", "Action": "iam:Delete*PermissionsBoundary", "Resource": "*"}
NO_EDIT = {"Effect": "Deny", "Action": ["iam:*PolicyVersion", "iam:DeletePolicy"], "Resource": LIMIT}


@pytest.fixture
def delegate(iam):
    iam.policy("limit", {"Action": "s3:*", "Resource": "*"})
    return lambda *statements: iam.user("delegate", *statements)


class TestRight:
    def test_the_allow_form(self, delegate, passes):
        delegate(BOUND, LOOK)
        passes(CHECK, **CALL)

    def test_the_deny_form(self, delegate, passes):
        delegate(ALL_IAM, NOT_BOUND, KEEP, NO_EDIT)
        passes(CHECK, **CALL)
        passes(CHECK, **CALL | {"boundary": LIMIT}, creates="iam:CreateUser")

    def test_roles_only(self, delegate, passes):
        delegate(BOUND | {"Action": ["iam:CreateRole", "iam:AttachRolePolicy"]})
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("statements", "words"),
        [
            ([ALL_IAM], "with another boundary than limit"),
            ([BOUND, {"Action": "iam:PutUserPolicy", "Resource": "*"}], "can iam:PutUserPolicy"),
            ([BOUND, {"Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"}], "take the boundary away again"),
            ([BOUND, {"Action": "iam:CreatePolicyVersion", "Resource": "*"}], "change the boundary's own policy"),
            ([ALL_IAM, NOT_BOUND, NO_EDIT], "take the boundary away again"),
            ([BOUND | {"Condition": {"StringEqualsIfExists": {"iam:PermissionsBoundary": LIMIT}}}], "without any"),
            ([LOOK], "cannot iam:CreateRole"),
        ],
    )
    def test_a_hole(self, delegate, fails, statements, words):
        delegate(*statements)
        fails(CHECK, words, **CALL)

    def test_the_boundary_on_the_delegate_alone(self, delegate, iam, fails):
        delegate()
        iam.role("boss", ALL_IAM, PermissionsBoundary=iam.policy("wide", ALL_IAM))
        fails(CHECK, "with another boundary", **CALL | {"principal": "role/boss"})


class TestNearMiss:
    def test_the_condition_names_another_policy(self, delegate, fails):
        condition = {"StringEquals": {"iam:PermissionsBoundary": LIMIT + "s"}}
        delegate(BOUND | {"Condition": condition})
        fails(CHECK, "under a condition that an ordinary request does not meet", **CALL)
