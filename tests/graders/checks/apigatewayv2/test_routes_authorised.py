from tests.graders.checks.apigatewayv2.conftest import ISSUER, NAME

CHECK = "apigatewayv2.routes_authorised"
CALL = {"api": NAME}


class TestRight:
    def test_a_jwt(self, http, passes):
        http.route("GET /books", guard="JWT", authorizer=http.authorizer())
        passes(CHECK, **CALL, issuer=ISSUER, audience="web")

    def test_iam_and_options_open(self, http, passes):
        http.route("GET /books", guard="AWS_IAM")
        http.route("OPTIONS /books")
        passes(CHECK, **CALL)

    def test_a_route_that_is_meant_to_be_public(self, http, passes):
        http.route("GET /health")
        http.route("GET /books", guard="AWS_IAM")
        passes(CHECK, **CALL, public=["GET /health"])


class TestWrong:
    def test_one_route_was_left_open(self, http, fails):
        http.route("GET /books", guard="AWS_IAM")
        http.route("POST /books")
        fails(CHECK, "POST /books of books is open to anybody", **CALL)

    def test_the_default_route(self, http, fails):
        http.route("GET /books", guard="AWS_IAM")
        http.route("$default")
        fails(CHECK, "$default of books is open to anybody", **CALL)

    def test_tokens_for_another_client(self, http, fails):
        http.route("GET /books", guard="JWT", authorizer=http.authorizer(audience="mobile"))
        fails(CHECK, "takes tokens made for mobile, not for web", **CALL, audience="web")

    def test_tokens_of_another_pool(self, http, fails):
        http.route("GET /books", guard="JWT", authorizer=http.authorizer(issuer=ISSUER + "-test"))
        fails(CHECK, "trusts tokens of", **CALL, issuer=ISSUER)


class TestNearMiss:
    def test_another_name(self, http, fails):
        fails(CHECK, "There is books", api="book")

    def test_a_rest_api_of_that_name(self, account, fails):
        account.client("apigateway").create_rest_api(name=NAME)
        fails(CHECK, "is of the other kind (REST)", **CALL)
