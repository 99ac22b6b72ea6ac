from tests.graders.checks.lambda_.conftest import NAME
from tests.graders.conftest import ACCOUNT

CHECK = "lambda.function_invokable_by"
BUCKET = {"function": NAME, "service": "s3.amazonaws.com", "source": "arn:aws:s3:::photos"}
API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc123"
ROUTE = {"function": NAME, "service": "apigateway.amazonaws.com", "source": f"{API}/prod/GET/orders"}


class TestRight:
    def test_the_bucket(self, function, allow, passes):
        function()
        allow("s3.amazonaws.com", SourceArn="arn:aws:s3:::photos", SourceAccount=ACCOUNT)
        passes(CHECK, **BUCKET)

    def test_every_stage_and_method_of_the_api(self, function, allow, passes):
        function()
        allow("apigateway.amazonaws.com", SourceArn=f"{API}/*/*/*")
        passes(CHECK, **ROUTE)

    def test_the_account_alone(self, function, allow, passes):
        function()
        allow("events.amazonaws.com", SourceAccount=ACCOUNT)
        rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/nightly"
        passes(CHECK, function=NAME, service="events.amazonaws.com", source=rule)

    def test_the_alias_that_is_called(self, function, alias, allow, passes):
        function()
        alias("live")
        allow("apigateway.amazonaws.com", "live", SourceArn=f"{API}/*/GET/orders")
        passes(CHECK, **ROUTE, alias="live")


class TestWrong:
    def test_no_permission(self, function, fails):
        function()
        fails(CHECK, "it has no policy", "never reaches orders", **BUCKET)

    def test_not_limited_to_the_bucket(self, function, allow, fails):
        function()
        allow("s3.amazonaws.com")
        fails(CHECK, "act for anybody", "belongs to account 999999999999", **BUCKET)

    def test_another_method(self, function, allow, fails):
        function()
        allow("apigateway.amazonaws.com", SourceArn=f"{API}/*/POST/orders")
        fails(CHECK, f"It speaks of {API}/*/POST/orders", **ROUTE)

    def test_another_action(self, function, allow, fails):
        function()
        allow("s3.amazonaws.com", action="lambda:GetFunction", SourceArn="arn:aws:s3:::photos")
        fails(CHECK, "lacks lambda:InvokeFunction", **BUCKET)


class TestNearMiss:
    def test_the_permission_is_on_the_function_not_the_alias(self, function, alias, allow, fails):
        function()
        alias("live")
        allow("apigateway.amazonaws.com", SourceArn=f"{API}/*/*/*")
        fails(CHECK, "The permission is on the function without an alias", **ROUTE, alias="live")

    def test_another_bucket(self, function, allow, fails):
        function()
        allow("s3.amazonaws.com", SourceArn="arn:aws:s3:::photos-old")
        fails(CHECK, "It speaks of arn:aws:s3:::photos-old", **BUCKET)

    def test_another_service(self, function, allow, fails):
        function()
        allow("sns.amazonaws.com")
        fails(CHECK, "It lets sns.amazonaws.com in", **BUCKET)
