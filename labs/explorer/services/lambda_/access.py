"""Who may invoke a function: its policy's statements, and the address that it answers at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from labs.explorer.model import Action, At, Call, Choice, Part, Row, Text, Values, call
from labs.explorer.saying import statements_of

SOURCES = (
    ("s3.amazonaws.com", "an S3 bucket"),
    ("sns.amazonaws.com", "an SNS topic"),
    ("events.amazonaws.com", "an EventBridge rule"),
    ("apigateway.amazonaws.com", "an API of API Gateway"),
    ("elasticloadbalancing.amazonaws.com", "a load balancer's target group"),
    ("logs.amazonaws.com", "a log group"),
    ("cognito-idp.amazonaws.com", "a user pool"),
)


def part(policy: str) -> Part:
    """Return the statements of a function's policy."""
    return Part(
        "permissions",
        "Who may invoke it",
        ("Name", "Who", "If"),
        tuple(
            Row(
                one.get("Sid", str(number)),
                (one.get("Sid", ""), _text(one.get("Principal")), _text(one.get("Condition"))),
                data=one,
            )
            for number, one in enumerate(statements_of(policy))
        ),
        "Nobody by its own policy: callers of this account by theirs.",
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value else ""


def _permit(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "lambda",
        "add_permission",
        FunctionName=at.thing.id,
        StatementId=v["StatementId"],
        Action="lambda:InvokeFunction",
        Principal=v["Principal"],
        SourceArn=v["SourceArn"],
        SourceAccount=at.account_id if v["Principal"] == "s3.amazonaws.com" else None,
        Qualifier=v["Qualifier"],
    )


def _url(v: Values, at: At) -> Iterator[Call]:
    cors = {"AllowOrigins": [v["origin"]], "AllowMethods": ["*"]} if v["origin"] else None
    yield call("lambda", "create_function_url_config", FunctionName=at.thing.id, AuthType=v["AuthType"], Cors=cors)
    if v["AuthType"] == "NONE":
        yield call(
            "lambda",
            "add_permission",
            FunctionName=at.thing.id,
            StatementId="url",
            Action="lambda:InvokeFunctionUrl",
            Principal="*",
            FunctionUrlAuthType="NONE",
        )


PERMISSIONS = (
    Action(
        "permit",
        "Let a service invoke it",
        _permit,
        (
            Text("StatementId", "Name", required=True, placeholder="photos"),
            Choice("Principal", "Service", SOURCES, initial="s3.amazonaws.com", required=True),
            Text(
                "SourceArn",
                "For this source alone",
                placeholder="arn:aws:s3:::photos",
                help="Its ARN. Empty: for any of that service, which is seldom meant.",
            ),
            Text(
                "Qualifier",
                "Version or alias",
                help="Empty: the function itself. An alias has a policy of its own.",
            ),
        ),
        part="permissions",
    ),
    Action(
        "remove-permission",
        "Remove",
        lambda v, at: [call("lambda", "remove_permission", FunctionName=at.thing.id, StatementId=at.row.id)],
        part="permissions",
        row=True,
        danger="It may not invoke the function any more.",
        verb="Remove",
    ),
)
URL = (
    Action(
        "url",
        "Create URL",
        _url,
        (
            Choice(
                "AuthType",
                "Who may call",
                (("AWS_IAM", "who signs and may by IAM"), ("NONE", "everybody")),
                initial="AWS_IAM",
                required=True,
            ),
            Text("origin", "Scripts of", placeholder="https://app.example.com"),
        ),
        when=lambda it: not (it.data or {}).get("Url"),
    ),
    Action(
        "no-url",
        "Delete URL",
        "lambda.delete_function_url_config",
        thing="FunctionName",
        danger="Nobody can call it by its URL any more.",
        verb="Delete",
        when=lambda it: bool((it.data or {}).get("Url")),
    ),
)
