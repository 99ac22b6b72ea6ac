import pytest

from tests.graders.checks.lambda_.conftest import alias, allow, function, role  # noqa: F401 - fixtures
from tests.graders.conftest import ACCOUNT

NAME = "books"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_shop"


@pytest.fixture
def http(account):
    """`http.route("GET /books", guard="JWT")`, `http.deploy()`."""
    client = account.client("apigatewayv2")

    class Http:
        def __init__(self):
            self.client = client
            self.id = client.create_api(Name=NAME, ProtocolType="HTTP")["ApiId"]

        def authorizer(self, issuer=ISSUER, audience="web"):
            return client.create_authorizer(
                ApiId=self.id,
                AuthorizerType="JWT",
                Name="users",
                IdentitySource=["$request.header.Authorization"],
                JwtConfiguration={"Audience": [audience], "Issuer": issuer},
            )["AuthorizerId"]

        def route(self, key, calls=FUNCTION, guard="NONE", authorizer=""):
            made = client.create_integration(
                ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=calls, PayloadFormatVersion="2.0"
            )
            more = {"AuthorizerId": authorizer} if authorizer else {}
            target = f"integrations/{made['IntegrationId']}"
            client.create_route(ApiId=self.id, RouteKey=key, Target=target, AuthorizationType=guard, **more)

        def deploy(self, stage="$default"):
            client.create_stage(ApiId=self.id, StageName=stage, AutoDeploy=True)

        @property
        def arn(self):
            return f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.id}"

    return Http()
