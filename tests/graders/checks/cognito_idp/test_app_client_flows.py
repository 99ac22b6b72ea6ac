import pytest

CHECK = "cognito_idp.app_client_flows"
CALL = {"pool": "shop-users", "client": "web", "secret": False, "grants": ["code"], "scopes": ["openid"]}
WEB = {
    "GenerateSecret": False,
    "CallbackURLs": ["https://app.example.com/cb"],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "SupportedIdentityProviders": ["COGNITO"],
}


@pytest.fixture
def client(pool, account):
    number = pool()

    def make(name="web", **more):
        account.client("cognito-idp").create_user_pool_client(UserPoolId=number, ClientName=name, **more)

    return make


class TestRight:
    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"CallbackURLs": ["http://localhost:3000/cb", "https://app.example.com/cb"]},
            {"AllowedOAuthScopes": ["openid", "email", "profile"], "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]},
        ],
        ids=["as asked", "and on this machine", "more scopes"],
    )
    def test_a_browser_client(self, client, passes, more):
        client(**WEB | more)
        passes(CHECK, **CALL, sign_in=["USER_SRP_AUTH", "USER_PASSWORD_AUTH"], providers=["COGNITO"])

    def test_one_of_several(self, client, passes):
        client("server", GenerateSecret=True)
        client(**WEB)
        passes(CHECK, **CALL | {"client": ""})

    def test_a_server_with_a_secret(self, client, passes):
        client("server", GenerateSecret=True, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
        passes(CHECK, pool="shop-users", client="server", secret=True, sign_in=["ADMIN_USER_PASSWORD_AUTH"])


class TestWrong:
    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"GenerateSecret": True}, "whoever opens the page can read it"),
            ({"AllowedOAuthFlows": ["implicit"]}, "allows the grants implicit, not code"),
            ({"AllowedOAuthFlows": ["code", "implicit"]}, "puts tokens into the address"),
            ({"AllowedOAuthFlowsUserPoolClient": False}, "OAuth is not turned on"),
            ({"AllowedOAuthScopes": ["email"]}, "lacks the scopes openid"),
            ({"CallbackURLs": ["http://app.example.com/cb"]}, "over plain http"),
        ],
    )
    def test_weaker_than_asked(self, client, fails, more, words):
        client(**WEB | more)
        fails(CHECK, words, **CALL)

    def test_the_flow_is_not_on(self, client, fails):
        client(**WEB, ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])
        fails(CHECK, "allows REFRESH_TOKEN_AUTH, none of USER_SRP_AUTH", **CALL, sign_in=["USER_SRP_AUTH"])


class TestNearMiss:
    def test_another_name(self, client, fails):
        client("Web", **WEB)
        fails(CHECK, "There is Web", **CALL)

    def test_another_pool(self, client, pool, fails):
        pool("shop-user")
        client(**WEB)
        fails(CHECK, "web of shop-user does not exist", **CALL | {"pool": "shop-user"})
