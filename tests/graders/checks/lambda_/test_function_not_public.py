import pytest

from tests.graders.checks.lambda_.conftest import NAME
from tests.graders.conftest import ACCOUNT

CHECK = "lambda.function_not_public"
URL = "lambda:InvokeFunctionUrl"


@pytest.fixture
def url(account):
    def url(kind):
        account.client("lambda").create_function_url_config(FunctionName=NAME, AuthType=kind)

    return url


class TestRight:
    def test_no_policy(self, function, passes):
        function()
        passes(CHECK, function=NAME)

    def test_a_service_with_its_source(self, function, allow, passes):
        function()
        allow("s3.amazonaws.com", SourceArn="arn:aws:s3:::photos")
        allow("events.amazonaws.com", sid="two", SourceArn=f"arn:aws:events:us-east-1:{ACCOUNT}:rule/*")
        passes(CHECK, function=NAME)

    def test_everybody_of_the_organization(self, function, allow, passes):
        function()
        allow("*", PrincipalOrgID="o-acme123456")
        passes(CHECK, function=NAME)

    def test_a_url_that_asks_for_a_signature(self, function, allow, url, passes):
        function()
        url("AWS_IAM")
        allow(ACCOUNT, action=URL)
        passes(CHECK, function=NAME)

    def test_an_open_url_that_nobody_may_call(self, function, url, passes):
        function()
        url("NONE")
        passes(CHECK, function=NAME)


class TestWrong:
    def test_everybody(self, function, allow, fails):
        function()
        allow("*")
        fails(CHECK, "anyone with an AWS account can invoke orders, by its policy", function=NAME)

    def test_an_open_url(self, function, allow, url, fails):
        function()
        url("NONE")
        allow("*", action=URL, FunctionUrlAuthType="NONE")
        fails(CHECK, "anyone on the internet can invoke orders, by its URL", function=NAME)

    def test_a_service_for_any_account(self, function, allow, fails):
        function()
        allow("s3.amazonaws.com")
        fails(CHECK, "s3.amazonaws.com, for any account, can invoke orders", function=NAME)


class TestNearMiss:
    def test_only_an_alias_is_open(self, function, alias, allow, fails):
        function()
        alias("live")
        allow("*", "live")
        fails(CHECK, "anyone with an AWS account can invoke orders:live", function=NAME)

    def test_another_name(self, function, fails):
        function()
        fails(CHECK, "There is orders", function="order")
