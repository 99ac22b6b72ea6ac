from tests.graders.checks.apigatewayv2.conftest import FUNCTION, NAME

CHECK = "apigatewayv2.route_invokes"
CALL = {"api": NAME, "method": "GET", "path": "/books", "function": "orders"}
GATEWAY = "apigateway.amazonaws.com"


class TestRight:
    def test_the_route(self, http, function, allow, passes):
        function()
        http.route("GET /books")
        http.deploy()
        allow(GATEWAY, SourceArn=f"{http.arn}/*/*/books")
        passes(CHECK, **CALL)

    def test_the_default_route(self, http, function, allow, passes):
        function()
        http.route("$default")
        http.deploy()
        allow(GATEWAY, SourceArn=f"{http.arn}/*/*/*")
        passes(CHECK, **CALL)

    def test_an_alias(self, http, function, alias, allow, passes):
        function()
        alias("live")
        http.route("ANY /{proxy+}", calls=f"{FUNCTION}:live")
        http.deploy("prod")
        allow(GATEWAY, "live", SourceArn=f"{http.arn}/*")
        passes(CHECK, **CALL, alias="live", stage="prod")


class TestWrong:
    def test_no_permission(self, http, function, fails):
        function()
        http.route("GET /books")
        http.deploy()
        fails(CHECK, "orders does not let GET /books of books in: it has no policy", **CALL)

    def test_a_permission_of_another_api(self, http, function, allow, fails):
        function()
        http.route("GET /books")
        http.deploy()
        allow(GATEWAY, SourceArn=f"{http.arn.replace(http.id, 'zz12345678')}/*")
        fails(CHECK, "does not let GET /books of books in", **CALL)

    def test_another_function(self, http, function, fails):
        function()
        http.route("GET /books", calls=f"{FUNCTION}-old")
        http.deploy()
        fails(CHECK, "calls orders-old, not orders", **CALL)

    def test_no_stage(self, http, function, fails):
        function()
        http.route("GET /books")
        fails(CHECK, "The stage $default of books does not exist", **CALL)


class TestNearMiss:
    def test_the_path_in_the_singular(self, http, function, fails):
        function()
        http.route("GET /book")
        fails(CHECK, "There is GET /book", **CALL)

    def test_a_closer_route_takes_the_request(self, http, function, allow, fails):
        function()
        http.route("$default")
        http.route("GET /books", calls=f"{FUNCTION}-old")
        http.deploy()
        allow(GATEWAY, SourceArn=f"{http.arn}/*")
        fails(CHECK, "GET /books of books calls orders-old, not orders", **CALL)

    def test_its_namesake_in_another_region_or_account(self, http, function, allow, fails):
        function()
        *_, region, account, _, _ = FUNCTION.split(":")
        there, theirs = FUNCTION.replace(region, "eu-west-1"), FUNCTION.replace(account, "111122223333")
        http.route("GET /books", calls=there)
        http.route("$default", calls=theirs)
        http.deploy()
        allow(GATEWAY, SourceArn=f"{http.arn}/*")
        fails(CHECK, f"calls {there}, not orders", **CALL)
        fails(CHECK, f"calls {theirs}, not orders", **{**CALL, "path": "/films"})
