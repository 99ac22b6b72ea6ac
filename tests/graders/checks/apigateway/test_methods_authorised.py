from graders import apis
from tests.graders.checks.apigateway.conftest import FUNCTION, NAME, POOL

CHECK = "apigateway.methods_authorised"
CALL = {"api": NAME}


class TestRight:
    def test_a_user_pool(self, rest, passes):
        users = rest.authorizer()
        rest.method("GET", guard="COGNITO_USER_POOLS", authorizerId=users)
        rest.method("OPTIONS")
        passes(CHECK, **CALL, by="cognito", pool="us-east-1_shop")

    def test_iam_and_a_function_as_authorizer(self, rest, passes):
        rest.method("GET", guard="AWS_IAM")
        rest.method("POST", guard="CUSTOM", authorizerId=rest.authorizer("TOKEN", ()))
        rest.deploy()
        passes(CHECK, **CALL, stage="prod")

    def test_a_route_that_is_meant_to_be_public(self, rest, passes):
        rest.method("GET", "/health")
        rest.method("GET", guard="AWS_IAM")
        passes(CHECK, **CALL, public=["GET /health"])


class TestWrong:
    def test_one_method_was_left_open(self, rest, fails):
        rest.method("GET", guard="AWS_IAM")
        rest.method("DELETE")
        fails(CHECK, "DELETE /orders of shop is open to anybody", "Anybody can call DELETE /orders", **CALL)

    def test_an_api_key_is_no_sign_in(self, rest, fails):
        rest.method("GET", apiKeyRequired=True)
        fails(CHECK, "An API key is no sign-in", **CALL)

    def test_the_users_of_another_pool(self, rest, fails):
        users = rest.authorizer(pools=(POOL.replace("_shop", "_test"),))
        rest.method("GET", guard="COGNITO_USER_POOLS", authorizerId=users)
        fails(CHECK, "lets in the users of us-east-1_test, not those of us-east-1_shop", **CALL, pool="us-east-1_shop")

    def test_another_kind_of_guard(self, rest, fails):
        rest.method("GET", guard="AWS_IAM")
        fails(CHECK, "is guarded by AWS_IAM, not by cognito", **CALL, by="cognito")

    def test_fixed_and_not_deployed_again(self, rest, monkeypatch, fails):
        rest.method("GET", guard="AWS_IAM")
        rest.deploy()
        monkeypatch.setattr(apis, "deployed_guards", lambda *_: {("GET", "/orders"): "NONE"})
        fails(CHECK, "still serves it open: it was not deployed again", **CALL, stage="prod")

    def test_no_methods(self, rest, fails):
        fails(CHECK, "shop has no methods yet", **CALL)


class TestNearMiss:
    def test_the_authorizer_is_there_and_not_attached(self, rest, fails):
        rest.authorizer()
        rest.method("GET", calls=FUNCTION)
        fails(CHECK, "The authorizer users is there, but not on this method", **CALL)

    def test_an_http_api_of_that_name(self, account, fails):
        account.client("apigatewayv2").create_api(Name=NAME, ProtocolType="HTTP")
        fails(CHECK, "is of the other kind (HTTP)", **CALL)
