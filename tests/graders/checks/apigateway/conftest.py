import pytest

from tests.graders.checks.lambda_.conftest import alias, allow, function, role  # noqa: F401 - fixtures
from tests.graders.conftest import ACCOUNT

NAME = "shop"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"
POOL = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/us-east-1_shop"


@pytest.fixture
def rest(account):
    """`rest.method("GET", "/orders", calls=FUNCTION)`, `rest.deploy("prod")`."""
    client = account.client("apigateway")

    class Rest:
        def __init__(self):
            self.client = client
            made = client.create_rest_api(name=NAME)
            self.id, self.paths = made["id"], {"/": made["rootResourceId"]}

        def resource(self, path):
            if path not in self.paths:
                parent, _, part = path.rpartition("/")
                self.paths[path] = client.create_resource(
                    restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part
                )["id"]
            return self.paths[path]

        def method(self, method, path="/orders", calls=FUNCTION, guard="NONE", verb="POST", **options):
            where = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}
            credentials = {"credentials": options.pop("credentials")} if "credentials" in options else {}
            client.put_method(**where, authorizationType=guard, **options)
            uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{calls}/invocations"
            client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod=verb, uri=uri, **credentials)

        def authorizer(self, kind="COGNITO_USER_POOLS", pools=(POOL,)):
            more = {"providerARNs": list(pools)} if pools else {"authorizerUri": f"{FUNCTION}/invocations"}
            return client.create_authorizer(
                restApiId=self.id, name="users", type=kind, identitySource="method.request.header.Authorization", **more
            )["id"]

        def deploy(self, stage="prod", **options):
            client.create_deployment(restApiId=self.id, stageName=stage, **options)

        def settings(self, stage="prod", **values):
            client.update_stage(
                restApiId=self.id,
                stageName=stage,
                patchOperations=[
                    {"op": "replace", "path": f"/*/*/{path.replace('__', '/')}", "value": str(value)}
                    for path, value in values.items()
                ],
            )

        @property
        def arn(self):
            return f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.id}"

    return Rest()
