import pytest

from tests.graders.checks.iam.conftest import ALL, READ

CHECK = "iam.principal_has_boundary"
CALL = {"principal": "role/app"}
NO_IAM = {"Action": ["s3:*", "ec2:*"], "Resource": "*"}


@pytest.fixture
def limit(iam):
    return iam.policy("limit", NO_IAM)


class TestRight:
    def test_any(self, iam, limit, passes):
        iam.role("app", PermissionsBoundary=limit)
        passes(CHECK, **CALL)

    def test_that_one_put_later(self, iam, limit, passes):
        iam.role("app", ALL)
        iam.client.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=limit)
        passes(CHECK, **CALL, policy="limit")
        passes(CHECK, **CALL, policy=limit, stops=["iam:*User"])

    def test_all_but_by_a_deny(self, iam, passes):
        wide = iam.policy("wide", ALL, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
        iam.role("app", PermissionsBoundary=wide)
        passes(CHECK, **CALL, stops=["iam:CreateUser"])

    def test_a_user(self, iam, limit, account, passes, monkeypatch):
        from graders.account import BotoAccount

        iam.user("bob")
        read = BotoAccount.read

        def told(self, service, operation, **more):  # moto forgets the boundary of a user
            answer = read(self, service, operation, **more)
            if operation == "get_user":
                return {"User": {**answer["User"], "PermissionsBoundary": {"PermissionsBoundaryArn": limit}}}
            return answer

        monkeypatch.setattr(BotoAccount, "read", told)
        passes(CHECK, principal="user/bob", policy="limit")


class TestWrong:
    def test_none(self, iam, fails):
        iam.role("app", READ)
        fails(CHECK, "no permissions boundary", "put-role-permissions-boundary --role-name app", **CALL)

    def test_another(self, iam, limit, fails):
        iam.role("app", PermissionsBoundary=limit)
        fails(CHECK, "is limit, not team-limit", **CALL, policy="team-limit")

    def test_one_that_limits_nothing(self, iam, fails):
        iam.role("app", PermissionsBoundary=iam.policy("all", ALL))
        fails(CHECK, "boundary all of role app does not stop", **CALL)

    def test_one_that_lets_through_what_it_should_stop(self, iam, fails):
        iam.role("app", PermissionsBoundary=iam.policy("limit", {"NotAction": "ec2:*", "Resource": "*"}))
        fails(CHECK, "does not stop iam:CreateUser", **CALL, stops=["iam:CreateUser"])


class TestNearMiss:
    def test_attached_as_a_policy(self, iam, limit, fails):
        iam.role("app")
        iam.client.attach_role_policy(RoleName="app", PolicyArn=limit)
        fails(CHECK, "limit is attached to it as a policy", **CALL, policy="limit")
