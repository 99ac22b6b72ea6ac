import pytest

from graders.account import BotoAccount
from tests.graders.checks.cognito_identity.conftest import trust
from tests.graders.checks.iam.conftest import arn, trusting

CHECK = "cognito_identity.pool_roles"
CALL = {"pool": "shop", "role": "shopper"}
USERS = {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_users", "ClientId": "abc"}


@pytest.fixture
def told(monkeypatch):
    """Cognito tells which roles a pool hands out (moto does not): `told(authenticated, *by rules)`."""
    read = BotoAccount.read

    def roles(authenticated, *rules):
        found = {"Roles": {"authenticated": authenticated} if authenticated else {}, "RoleMappings": {}}
        if rules:
            made = {"Rules": [{"Claim": "c", "MatchType": "Equals", "Value": "v", "RoleARN": one} for one in rules]}
            found["RoleMappings"] = {"p": {"Type": "Rules", "RulesConfiguration": made}}

        def answer(self, service, operation, **more):
            return found if operation == "get_identity_pool_roles" else read(self, service, operation, **more)

        monkeypatch.setattr(BotoAccount, "read", answer)

    return roles


class TestRight:
    def test_who_signed_in(self, iam, pool, passes):
        number = pool(CognitoIdentityProviders=[USERS])
        iam.role("shopper", trusts=[trust(number)])
        passes(CHECK, **CALL, user_pool="us-east-1_users")

    def test_mapped_by_default(self, iam, pool, told, passes):
        iam.role("shopper", trusts=[trust(pool(), operator="ForAnyValue:StringEquals")])
        told(arn("role", "shopper"))
        passes(CHECK, **CALL)

    def test_mapped_by_a_rule(self, iam, pool, told, passes):
        iam.role("shopper", trusts=[trust(pool())])
        told("", arn("role", "other"), arn("role", "shopper"))
        passes(CHECK, **CALL)

    def test_guests_with_a_role_of_their_own(self, iam, pool, passes):
        number = pool(guests=True)
        iam.role("shopper", trusts=[trust(number)])
        iam.role("guest", trusts=[trust(number, "unauthenticated")])
        passes(CHECK, **CALL | {"pool": number}, guests=True, guest_role="guest")


class TestWrong:
    def test_guests_are_let_in(self, iam, pool, fails):
        iam.role("shopper", trusts=[trust(pool(guests=True))])
        fails(CHECK, "shop lets guests in", **CALL)

    def test_no_audience(self, iam, pool, fails):
        pool()
        iam.role("shopper", trusts=[trust()])
        fails(CHECK, "people of any identity pool", **CALL)

    def test_guests_may_wear_it(self, iam, pool, fails):
        iam.role("shopper", trusts=[trust(pool(), "")])
        fails(CHECK, "guests of the pool", **CALL)

    def test_a_pattern_that_means_guests_too(self, iam, pool, fails):
        iam.role("shopper", trusts=[trust(pool(), "*authenticated")])
        fails(CHECK, "guests of the pool", **CALL)

    def test_another_kind_of_trust(self, iam, pool, fails):
        pool()
        iam.role("shopper", trusts=[trusting({"Service": "cognito-idp.amazonaws.com"})])
        fails(CHECK, "does not trust who signed in to shop", **CALL)

    def test_the_pool_hands_out_another(self, iam, pool, told, fails):
        iam.role("shopper", trusts=[trust(pool())])
        told(arn("role", "admin"))
        fails(CHECK, "hands out admin, not shopper", **CALL)

    def test_another_user_pool(self, iam, pool, fails):
        iam.role("shopper", trusts=[trust(pool(CognitoIdentityProviders=[USERS]))])
        fails(CHECK, "does not trust the user pool us-east-1_other", **CALL, user_pool="us-east-1_other")


class TestNearMiss:
    def test_the_audience_is_another_pool(self, iam, pool, fails):
        pool()
        iam.role("shopper", trusts=[trust("us-east-1:11111111-2222")])
        fails(CHECK, "It does, for another pool", **CALL)

    def test_only_guests(self, iam, pool, fails):
        iam.role("shopper", trusts=[trust(pool(), "unauthenticated")])
        fails(CHECK, "It lets guests of it in", **CALL)

    def test_another_name(self, pool, fails):
        pool("Shop")
        fails(CHECK, "There is Shop", **CALL)
