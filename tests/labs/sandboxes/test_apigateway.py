"""APIs that a learner makes, called over HTTP: stages, deployments, parameters, authorization, malformed answers."""

from __future__ import annotations

import importlib.util
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes.emulated.frames import CellRequest, CellResponse

spec = importlib.util.spec_from_file_location("lambda_kit", Path(__file__).with_name("test_lambda.py"))
assert spec
assert spec.loader
kit = sys.modules.setdefault("lambda_kit", importlib.util.module_from_spec(spec))
spec.loader.exec_module(kit)
make = kit.make

ECHO = "import json\ndef handler(event, context): return {'statusCode': 200, 'body': json.dumps(event)}"


def http(
    box: Any, method: str, path: str, *, key: str | None = None, body: bytes = b"", **headers: str
) -> CellResponse:
    box.learner.seq += 1
    path, _, query = path.partition("?")
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    request = CellRequest(
        method, "execute-api", "", path, query, named, body, key, box.learner.at + box.learner.seq, box.learner.seq
    )
    box.learner.sent.append(request)
    return box.send(request)  # type: ignore[no-any-return]


def told(response: CellResponse) -> Any:
    return json.loads(response.body)


class Rest:
    """A REST API in the making."""

    def __init__(self, box: Any, function: str) -> None:
        self.box, self.function = box, function
        self.id = box("apigateway", "CreateRestApi", name="shop")["id"]
        self.root = box("apigateway", "GetResources", restApiId=self.id)["items"][0]["id"]

    def resource(self, part: str, parent: str = "") -> str:
        made = self.box("apigateway", "CreateResource", restApiId=self.id, parentId=parent or self.root, pathPart=part)
        return str(made["id"])

    def method(self, resource: str, name: str = "ANY", *, auth: str = "NONE", **more: Any) -> None:
        given = {"restApiId": self.id, "resourceId": resource, "httpMethod": name}
        self.box("apigateway", "PutMethod", **given, authorizationType=auth, **more)
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{self.function}/invocations"
        self.box("apigateway", "PutIntegration", **given, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)

    def deploy(self, stage: str = "prod") -> None:
        self.box("apigateway", "CreateDeployment", restApiId=self.id, stageName=stage)

    def url(self, path: str, stage: str = "prod") -> str:
        return f"/restapis/{self.id}/{stage}/_user_request_{path}"


def let_gateway_in(box: Any, api: str, tail: str = "*", name: str = "f") -> None:
    source = f"arn:aws:execute-api:us-east-1:{box.spec.account_id}:{api}/{tail}"
    box("lambda", "AddPermission", FunctionName=name, StatementId="gw", Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com", SourceArn=source)  # fmt: skip


@pytest.fixture
def rest(box: Any, make: Any) -> Rest:
    made = Rest(box, make(ECHO))
    let_gateway_in(box, made.id)
    return made


def test_a_function_answers_over_http(box: Any, rest: Rest) -> None:
    items = rest.resource("items")
    rest.method(rest.resource("{id}", items), "GET")
    rest.deploy()
    response = http(box, "GET", rest.url("/items/a%20b?x=1&x=2&y="), user_agent="curl/8")
    assert response.status == 200
    assert dict(response.headers)["content-type"] == "application/json"
    event = told(response)
    assert event["resource"] == "/items/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"x": "2", "y": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": [""]}
    assert event["requestContext"]["stage"] == "prod"
    assert event["requestContext"]["accountId"] == box.spec.account_id
    assert event["headers"]["user-agent"] == "curl/8"
    assert event["httpMethod"] == "GET"
    assert event["body"] is None


def test_a_greedy_path_takes_what_no_other_does(box: Any, rest: Rest) -> None:
    rest.method(rest.resource("{proxy+}"))
    rest.method(rest.resource("items"), "POST")
    rest.deploy()
    assert told(http(box, "PUT", rest.url("/a/b/c")))["pathParameters"] == {"proxy": "a/b/c"}
    event = told(http(box, "POST", rest.url("/items"), body=b'{"n": 1}', content_type="application/json"))
    assert (event["resource"], event["body"]) == ("/items", '{"n": 1}')
    assert http(box, "GET", rest.url("/")).status == 403


def test_what_is_not_there_is_a_missing_token(box: Any, rest: Rest) -> None:
    rest.method(rest.resource("items"), "GET")
    rest.deploy()
    for method, path in (("GET", "/nothing"), ("POST", "/items")):
        response = http(box, method, rest.url(path))
        assert (response.status, told(response)) == (403, {"message": "Missing Authentication Token"})
        assert dict(response.headers)["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert told(http(box, "GET", rest.url("/items", "test"))) == {"message": "Forbidden"}


def test_a_stage_serves_what_was_deployed(box: Any, rest: Rest) -> None:
    rest.method(rest.resource("items"), "GET")
    rest.deploy()
    rest.method(rest.resource("orders"), "GET")
    assert http(box, "GET", rest.url("/orders")).status == 403
    rest.deploy()
    assert http(box, "GET", rest.url("/orders")).status == 200


@pytest.mark.parametrize(
    "source",
    [
        "def handler(e, c): return 'hello'",
        "def handler(e, c): return {'message': 'hello'}",
        "def handler(e, c): return {'statusCode': 200, 'body': {'a': 1}}",
        "def handler(e, c): return {'statusCode': 'well', 'body': ''}",
        "def handler(e, c): raise ValueError('no')",
    ],
)
def test_a_malformed_answer_is_a_502(box: Any, make: Any, source: str) -> None:
    api = Rest(box, make(source))
    let_gateway_in(box, api.id)
    api.method(api.root, "GET")
    api.deploy()
    response = http(box, "GET", api.url("/"))
    assert (response.status, told(response)) == (502, {"message": "Internal server error"})


def test_without_the_functions_policy_nothing_gets_through(box: Any, make: Any) -> None:
    api = Rest(box, make(ECHO))
    api.method(api.resource("items"), "GET")
    api.deploy()
    assert http(box, "GET", api.url("/items")).status == 500
    let_gateway_in(box, api.id, "*/GET/other")
    assert http(box, "GET", api.url("/items")).status == 500
    box("lambda", "RemovePermission", FunctionName="f", StatementId="gw")
    let_gateway_in(box, api.id, "prod/GET/items")
    assert http(box, "GET", api.url("/items")).status == 200


def test_iam_authorization_asks_for_a_signature_and_a_right(box: Any, rest: Rest) -> None:
    rest.method(rest.resource("items"), "GET", auth="AWS_IAM")
    rest.deploy()
    assert told(http(box, "GET", rest.url("/items"))) == {"message": "Missing Authentication Token"}
    box("iam", "CreateUser", UserName="ann")
    key = box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    response = http(box, "GET", rest.url("/items"), key=key)
    assert response.status == 403
    assert "user/ann is not authorized to perform: execute-api:Invoke on resource" in told(response)["Message"]
    may = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"arn:aws:execute-api:*:*:{rest.id}/prod/GET/*",
    }
    box("iam", "PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=kit.document(may))
    event = told(http(box, "GET", rest.url("/items"), key=key))
    assert event["requestContext"]["identity"]["userArn"].endswith("user/ann")


def test_an_api_key_of_a_usage_plan_opens_a_stage(box: Any, rest: Rest) -> None:
    rest.method(rest.resource("items"), "GET", apiKeyRequired=True)
    rest.deploy()
    key = box("apigateway", "CreateApiKey", name="k", enabled=True, value="a" * 24)["id"]
    assert told(http(box, "GET", rest.url("/items"), x_api_key="a" * 24)) == {"message": "Forbidden"}
    stages = [{"apiId": rest.id, "stage": "prod"}]
    plan = box("apigateway", "CreateUsagePlan", name="basic", apiStages=stages)["id"]
    box("apigateway", "CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
    assert http(box, "GET", rest.url("/items")).status == 403
    assert http(box, "GET", rest.url("/items"), x_api_key="a" * 24).status == 200


def test_a_resource_policy_closes_an_open_method(box: Any, rest: Rest) -> None:
    rest.method(rest.resource("items"), "GET")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/prod/GET/items",
    }
    policy = kit.document({**deny, "Effect": "Allow", "Resource": "execute-api:/*"}, deny)
    operations = [{"op": "replace", "path": "/policy", "value": policy}]
    box("apigateway", "UpdateRestApi", restApiId=rest.id, patchOperations=operations)
    rest.deploy()
    response = http(box, "GET", rest.url("/items"))
    assert response.status == 403
    assert "User: anonymous is not authorized" in told(response)["Message"]


def http_api(box: Any, function: str, *routes: str, version: str = "2.0", stage: str = "$default") -> str:
    api = str(box("apigatewayv2", "CreateApi", Name="shop", ProtocolType="HTTP")["ApiId"])
    made = box("apigatewayv2", "CreateIntegration", ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function,
               PayloadFormatVersion=version, IntegrationMethod="POST")["IntegrationId"]  # fmt: skip
    for route in routes:
        box("apigatewayv2", "CreateRoute", ApiId=api, RouteKey=route, Target=f"integrations/{made}")
    box("apigatewayv2", "CreateStage", ApiId=api, StageName=stage, AutoDeploy=True)
    let_gateway_in(box, api)
    return api


def test_an_http_api_hands_over_format_2(box: Any, make: Any) -> None:
    api = http_api(box, make("def handler(event, context): return event"), "GET /items/{id}", "ANY /{proxy+}")
    event = told(http(box, "GET", f"/apis/{api}/items/7?x=1&x=2", cookie="a=1; b=2", x_one="1"))
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /items/{id}"
    assert event["rawPath"] == "/items/7"
    assert event["pathParameters"] == {"id": "7"}
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["requestContext"]["http"]["method"] == "GET"
    assert told(http(box, "DELETE", f"/apis/{api}/items/7"))["routeKey"] == "ANY /{proxy+}"
    assert (lambda each: (each.status, told(each)))(http(box, "GET", f"/apis/{api}/")) == (
        404,
        {"message": "Not Found"},
    )


def test_an_http_apis_named_stage_and_structured_answer(box: Any, make: Any) -> None:
    source = """
def handler(event, context):
    return {"statusCode": 201, "headers": {"X-One": "1"}, "cookies": ["a=1"], "body": event["rawPath"]}
"""
    api = http_api(box, make(source), "$default", stage="prod")
    response = http(box, "POST", f"/apis/{api}/prod/anything")
    assert (response.status, response.body) == (201, b"/prod/anything")
    assert dict(response.headers)["x-one"] == "1"
    assert dict(response.headers)["set-cookie"] == "a=1"
    assert http(box, "POST", f"/execute-api/{api}/prod/anything").status == 201


def test_quick_create_makes_a_working_api(box: Any, make: Any) -> None:
    function = make("def handler(event, context): return 'hello'")
    api = box("apigatewayv2", "CreateApi", Name="quick", ProtocolType="HTTP", Target=function)["ApiId"]
    let_gateway_in(box, api)
    response = http(box, "GET", f"/apis/{api}/whatever")
    assert (response.status, response.body) == (200, b"hello")


def test_an_error_behind_an_http_api_is_a_500(box: Any, make: Any) -> None:
    api = http_api(box, make("def handler(event, context): raise ValueError"), "$default")
    response = http(box, "GET", f"/apis/{api}/")
    assert (response.status, told(response)) == (500, {"message": "Internal Server Error"})


def test_a_snapshot_carries_deployments(box: Any, yard: Any, rest: Rest) -> None:
    rest.method(rest.resource("items"), "GET")
    rest.deploy()
    other = yard.open(box.spec.number)
    yard.run(other.cell.load(yard.run(box.cell.dump())))
    other.learner.seq = box.learner.seq
    assert http(other, "GET", rest.url("/items")).status == 200
    other.close()


@pytest.mark.stack
def test_the_whole_way_from_a_plain_http_client(sandbox_host: Any) -> None:
    ref = sandbox_host.make_sandbox()

    def client(service: str) -> Any:
        return sandbox_host.client(ref, service)

    trust = kit.document(kit.TRUST)
    role = client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    source = "def handler(event, context): return {'statusCode': 201, 'body': event['body'] or event['httpMethod']}"
    function = client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="main.handler",
        Role=role,
        Code={"ZipFile": kit.zipped({"main.py": source})},
    )["FunctionArn"]
    answer = client("lambda").invoke(FunctionName="f", Payload=b'{"body": "by boto3"}', LogType="Tail")
    assert json.loads(answer["Payload"].read())["body"] == "by boto3"
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "LogResult" in answer
    gateway = client("apigateway")
    api = gateway.create_rest_api(name="shop")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "ANY"}
    gateway.put_method(**where, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    gateway.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="prod")
    client("lambda").add_permission(
        FunctionName="f", StatementId="gw", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    url = f"{sandbox_host.base_url}/_sandbox/{ref.account_id}/restapis/{api}/prod/_user_request_/"
    with urllib.request.urlopen(urllib.request.Request(url, b"a=1", method="POST")) as got:
        assert (got.status, got.read()) == (201, b"a=1")
    with urllib.request.urlopen(url) as got:
        assert (got.status, got.read()) == (201, b"GET")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{url}nothing")
    host = {"Host": f"{api}.execute-api.us-east-1.{ref.account_id}.localhost"}
    with urllib.request.urlopen(urllib.request.Request(f"{sandbox_host.base_url}/prod/", headers=host)) as got:
        assert got.read() == b"GET"
    rows = [row for row in sandbox_host.journal(ref) if row["service"] == "execute-api"]
    assert {row["action"] for row in rows} == {"Invoke"}
