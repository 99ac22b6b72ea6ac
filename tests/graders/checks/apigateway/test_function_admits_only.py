import pytest

from tests.graders.checks.apigateway.conftest import NAME

CHECK = "apigateway.function_admits_only"
CALL = {"api": NAME, "function": "orders", "method": "GET", "path": "/orders", "stages": ["dev", "prod"]}
GATEWAY = "apigateway.amazonaws.com"


@pytest.fixture(autouse=True)
def made(rest, function):
    function()


class TestRight:
    def test_this_api(self, rest, allow, passes):
        allow(GATEWAY, SourceArn=f"{rest.arn}/*/GET/orders")
        passes(CHECK, **CALL)

    def test_an_alias_of_one_stage(self, rest, alias, allow, passes):
        alias("live")
        allow(GATEWAY, "live", SourceArn=f"{rest.arn}/prod/*/*")
        passes(CHECK, **(CALL | {"stages": ["prod"], "alias": "live"}))

    def test_all_of_this_api(self, rest, allow, passes):
        allow(GATEWAY, SourceArn=f"{rest.arn}/*")
        passes(CHECK, **CALL)


class TestWrong:
    def test_any_api_of_the_account(self, rest, allow, fails):
        allow(GATEWAY, SourceArn="arn:aws:execute-api:us-east-1:*:*/*/GET/orders")
        fails(CHECK, "orders lets other APIs in", ":other1234a/dev/GET/orders can invoke it", **CALL)

    def test_any_api_of_anybody(self, rest, allow, fails):
        allow(GATEWAY)
        fails(CHECK, "orders lets other APIs in", **CALL)

    def test_nobody(self, fails):
        fails(CHECK, "orders does not let shop in: it has no policy", **CALL)


class TestNearMiss:
    def test_only_in_one_stage(self, rest, allow, fails):
        allow(GATEWAY, SourceArn=f"{rest.arn}/prod/GET/orders")
        fails(CHECK, "orders does not let shop in", "/dev/GET/orders", **CALL)

    def test_the_function_instead_of_its_alias(self, rest, alias, allow, fails):
        alias("live")
        allow(GATEWAY, SourceArn=f"{rest.arn}/*")
        fails(CHECK, "the alias live has no policy of its own", **(CALL | {"alias": "live"}))
