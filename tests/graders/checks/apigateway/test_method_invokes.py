from tests.graders.checks.apigateway.conftest import FUNCTION, NAME
from tests.graders.conftest import ACCOUNT

CHECK = "apigateway.method_invokes"
CALL = {"api": NAME, "method": "GET", "path": "/orders", "function": "orders", "stage": "prod"}
GATEWAY = "apigateway.amazonaws.com"


class TestRight:
    def test_the_method(self, rest, function, allow, passes):
        function()
        rest.method("GET")
        rest.deploy()
        allow(GATEWAY, SourceArn=f"{rest.arn}/*/GET/orders")
        passes(CHECK, **CALL)

    def test_any_method_of_any_path(self, rest, function, allow, passes):
        function()
        rest.method("ANY", "/{proxy+}")
        rest.deploy()
        allow(GATEWAY, SourceArn=f"{rest.arn}/*")
        passes(CHECK, **CALL)

    def test_an_alias_by_a_stage_variable(self, rest, function, alias, allow, passes):
        function()
        alias("live")
        rest.method("GET", calls=f"{FUNCTION}:${{stageVariables.alias}}")
        rest.deploy(variables={"alias": "live"})
        allow(GATEWAY, "live", SourceArn=f"{rest.arn}/prod/*/*")
        passes(CHECK, **CALL, alias="live")

    def test_a_role_instead_of_a_permission(self, rest, function, role, passes):
        function()
        role({"Action": "lambda:InvokeFunction", "Resource": FUNCTION}, name="gateway", trusts=GATEWAY)
        rest.method("GET", credentials=f"arn:aws:iam::{ACCOUNT}:role/gateway")
        rest.deploy()
        passes(CHECK, **CALL)

    def test_a_path_with_a_parameter(self, rest, function, allow, passes):
        function()
        rest.method("GET", "/orders/{id}")
        rest.deploy()
        allow(GATEWAY, SourceArn=f"{rest.arn}/*/GET/orders/*")
        passes(CHECK, **(CALL | {"path": "/orders/{id}"}))


class TestWrong:
    def test_called_with_get(self, rest, function, allow, fails):
        function()
        rest.method("GET", verb="GET")
        rest.deploy()
        allow(GATEWAY, SourceArn=f"{rest.arn}/*")
        fails(CHECK, "calls the function with GET: Lambda answers only to POST", **CALL)

    def test_never_deployed(self, rest, function, allow, fails):
        function()
        rest.method("GET")
        rest.deploy("dev")
        allow(GATEWAY, SourceArn=f"{rest.arn}/*")
        fails(CHECK, "The stage prod of shop does not exist", **CALL)

    def test_another_function(self, rest, function, fails):
        function()
        rest.method("GET", calls=f"{FUNCTION}-old")
        rest.deploy()
        fails(CHECK, "calls orders-old, not orders", **CALL)

    def test_a_permission_for_another_path(self, rest, function, allow, fails):
        function()
        rest.method("GET")
        rest.deploy()
        allow(GATEWAY, SourceArn=f"{rest.arn}/*/GET/customers")
        fails(CHECK, "orders does not let GET /orders of shop in", **CALL)


class TestNearMiss:
    def test_the_permission_is_not_on_the_alias(self, rest, function, alias, allow, fails):
        function()
        alias("live")
        rest.method("GET", calls=f"{FUNCTION}:live")
        rest.deploy()
        allow(GATEWAY, SourceArn=f"{rest.arn}/*")
        fails(CHECK, "The permission is on the function without an alias", **CALL, alias="live")

    def test_another_method(self, rest, function, fails):
        function()
        rest.method("POST")
        fails(CHECK, "The route GET /orders of shop does not exist", "POST /orders", **CALL)
