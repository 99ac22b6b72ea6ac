"""The resources of an API and their methods: who may call, and what answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import Action, At, Call, Choice, Choices, Pick, Switch, Text, Values, call

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "ANY", "OPTIONS", "HEAD")

CALLED = tuple(one for one in METHODS if one != "ANY")  # what a browser can be told
GUARDS = (
    ("NONE", "nobody: open to all"),
    ("AWS_IAM", "IAM: callers sign"),
    ("COGNITO_USER_POOLS", "a Cognito user pool"),
    ("CUSTOM", "a Lambda authorizer"),
)

ANSWERS = (
    ("AWS_PROXY", "a Lambda function (proxy)"),
    ("HTTP_PROXY", "an HTTP address (proxy)"),
    ("MOCK", "itself (mock)"),
)


def _resources(at: At) -> tuple[tuple[str, str], ...]:
    return tuple((row.id, row.cells[0]) for part in at.thing.parts if part.id == "resources" for row in part.rows)


def _resource_fields(account: Account, at: At) -> tuple[Any, ...]:
    found = _resources(at)
    return (
        Choice("parentId", "Under", found, initial=found[0][0] if found else "", required=True),
        Text(
            "pathPart",
            "Part of the path",
            required=True,
            placeholder="orders",
            help="{id} is a variable; {proxy+} is all that is under it.",
        ),
    )


def _method_fields(account: Account, at: At) -> tuple[Any, ...]:
    found = _resources(at)
    authorizers = tuple(
        (row.id, row.cells[0]) for part in at.thing.parts if part.id == "authorizers" for row in part.rows
    )
    return (
        Choice("resourceId", "Path", found, initial=found[-1][0] if found else "", required=True),
        Choice("httpMethod", "Method", METHODS, initial="GET", required=True),
        Choice("authorizationType", "Guarded by", GUARDS, initial="NONE", required=True),
        Choice(
            "authorizerId",
            "Authorizer",
            authorizers,
            required=True,
            when=("authorizationType", "COGNITO_USER_POOLS", "CUSTOM"),
        ),
        Switch("apiKeyRequired", "Needs an API key", help="Keys count and throttle; they prove nothing."),
        *_answer(),
    )


def _answer() -> tuple[Any, ...]:
    return (
        Choice("type", "Answered by", ANSWERS, initial="AWS_PROXY", required=True),
        Pick(
            "function",
            "Function",
            kind="lambda:function",
            by="arn",
            required=True,
            free=True,
            when=("type", "AWS_PROXY"),
        ),
        Text("alias", "Its alias", when=("type", "AWS_PROXY"), help="Empty: $LATEST."),
        Switch("permit", "Also let this API invoke it", initial=True, when=("type", "AWS_PROXY")),
        Text("uri", "Address", required=True, placeholder="https://…", when=("type", "HTTP_PROXY")),
    )


def _integration(v: Values, at: At, where: Values) -> Iterator[Call]:
    if v["type"] == "AWS_PROXY":
        arn = f"{v['function']}:{v['alias']}" if v["alias"] else v["function"]
        uri = f"arn:aws:apigateway:{at.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
        # However the caller asks, a function is always invoked by POST.
        yield call(
            "apigateway",
            "put_integration",
            restApiId=at.thing.id,
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=uri,
        )
        if v["permit"]:
            yield call(
                "lambda",
                "add_permission",
                FunctionName=v["function"],
                Qualifier=v["alias"],
                StatementId=f"api-{at.thing.id}-{where['resourceId']}-{where['httpMethod']}",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=at.arn("execute-api", f"{at.thing.id}/*"),
            )
    elif v["type"] == "HTTP_PROXY":
        verb = where["httpMethod"] if where["httpMethod"] != "ANY" else "GET"
        yield call(
            "apigateway",
            "put_integration",
            restApiId=at.thing.id,
            **where,
            type="HTTP_PROXY",
            integrationHttpMethod=verb,
            uri=v["uri"],
        )
    else:
        yield call(
            "apigateway",
            "put_integration",
            restApiId=at.thing.id,
            **where,
            type="MOCK",
            requestTemplates={"application/json": '{"statusCode": 200}'},
        )


def _add_method(v: Values, at: At) -> Iterator[Call]:
    where: Values = {"resourceId": v["resourceId"], "httpMethod": v["httpMethod"]}
    yield call(
        "apigateway",
        "put_method",
        restApiId=at.thing.id,
        **where,
        authorizationType=v["authorizationType"],
        authorizerId=v["authorizerId"],
        apiKeyRequired=True if v["apiKeyRequired"] else None,
    )
    yield from _integration(v, at, where)


def _edit_method(v: Values, at: At) -> Iterator[Call]:
    yield from _integration(v, at, dict(at.row.data))


def _cors(v: Values, at: At) -> Iterator[Call]:
    where: Values = {"restApiId": at.thing.id, "resourceId": at.row.id, "httpMethod": "OPTIONS"}
    names = {
        "Origin": v["origin"],
        "Methods": ",".join(v["methods"]),
        "Headers": "Content-Type,Authorization,X-Api-Key",
    }
    yield call("apigateway", "put_method", **where, authorizationType="NONE")
    yield call(
        "apigateway",
        "put_integration",
        **where,
        type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    allowed = {f"method.response.header.Access-Control-Allow-{name}": True for name in names}
    yield call("apigateway", "put_method_response", **where, statusCode="200", responseParameters=allowed)
    values = {f"method.response.header.Access-Control-Allow-{name}": f"'{value}'" for name, value in names.items()}
    yield call("apigateway", "put_integration_response", **where, statusCode="200", responseParameters=values)


ACTIONS = (
    Action(
        "add-resource",
        "Add resource",
        lambda v, at: [
            call(
                "apigateway",
                "create_resource",
                restApiId=at.thing.id,
                parentId=v["parentId"],
                pathPart=v["pathPart"],
            )
        ],
        _resource_fields,
        part="resources",
    ),
    Action(
        "cors",
        "Answer CORS",
        _cors,
        (
            Text("origin", "Scripts of", required=True, placeholder="https://app.example.com"),
            Choices("methods", "Methods", CALLED, required=True, initial=("GET", "POST", "OPTIONS")),
        ),
        part="resources",
        row=True,
        about="Makes an OPTIONS method that tells browsers who may call.",
    ),
    Action(
        "remove-resource",
        "Delete",
        lambda v, at: [call("apigateway", "delete_resource", restApiId=at.thing.id, resourceId=at.row.id)],
        part="resources",
        row=True,
        danger="Delete the resource with what is under it?",
        verb="Delete",
    ),
    Action("add-method", "Add method", _add_method, _method_fields, part="methods"),
    Action("edit-method", "Change answer", _edit_method, _answer(), part="methods", row=True),
    Action(
        "remove-method",
        "Delete",
        lambda v, at: [call("apigateway", "delete_method", restApiId=at.thing.id, **at.row.data)],
        part="methods",
        row=True,
        danger="Delete the method?",
        verb="Delete",
    ),
)
