"""Functions: the list, what stands in the drawer, and how one is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Content,
    Fact,
    Kind,
    Link,
    Number,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import properties, tag_map_by
from labs.explorer.services.lambda_ import access, settings, sources, versions


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("lambda", "list_functions").get("Functions", []):
        facts = (
            Fact("Runtime", one.get("Runtime", "an image")),
            Fact("Timeout", f"{one.get('Timeout', '?')} s"),
            Fact("Memory", f"{one.get('MemorySize', '?')} MB"),
            Fact("Role", tail(one.get("Role", ""))),
        )
        links = [Link("iam:role", tail(one.get("Role", "")), "Runs as")]
        vpc = one.get("VpcConfig") or {}
        links += [Link("ec2:subnet", each, "Runs in") for each in vpc.get("SubnetIds", [])]
        links += [Link("ec2:security-group", each, "Guarded by") for each in vpc.get("SecurityGroupIds", [])]
        name = one["FunctionName"]
        links.append(Link("logs:group", f"/aws/lambda/{name}", "Writes to"))
        yield Thing(name, name, facts, one.get("FunctionArn", ""), one, links=tuple(links))


def _detail(account: Account, it: Thing) -> Thing:
    def of(operation: str) -> dict[str, Any]:
        return ask(account, "lambda", operation, FunctionName=it.id)

    function = of("get_function")
    config = function.get("Configuration", it.data)
    policy = of("get_policy").get("Policy", "")
    limit = of("get_function_concurrency").get("ReservedConcurrentExecutions")
    url = of("get_function_url_config")
    mappings = of("list_event_source_mappings").get("EventSourceMappings", [])
    published = [one for one in of("list_versions_by_function").get("Versions", []) if one["Version"] != "$LATEST"]
    aliases = of("list_aliases").get("Aliases", [])
    variables = config.get("Environment", {}).get("Variables", {})
    facts = (
        *it.facts,
        Fact("Handler", config.get("Handler", "")),
        Fact("Variables", ", ".join(f"{key}={value}" for key, value in variables.items()) or "none"),
        Fact("Tracing", config.get("TracingConfig", {}).get("Mode", "PassThrough")),
        Fact("Reserved concurrency", str(limit) if limit is not None else "none"),
        Fact(
            "URL",
            f"{url['FunctionUrl']} ({url.get('AuthType', '')})" if url else "none",
            "bad" if url.get("AuthType") == "NONE" else "",
        ),
        Fact("Dead letters", tail(config.get("DeadLetterConfig", {}).get("TargetArn", "")) or "none"),
        *properties(config, "Description", "CodeSize", "LastModified", "State", "Architectures"),
    )
    parts = (
        sources.part(mappings),
        access.part(policy),
        *versions.parts(published, aliases),
    )
    links = (*it.links, *sources.links(mappings))
    data = {**it.data, **config, "Url": url, "Concurrency": limit}
    return replace(it, properties=facts, parts=parts, links=links, tags=function.get("Tags", {}), data=data)


def _concurrency(v: Values, at: At) -> Iterator[Call]:
    if v["ReservedConcurrentExecutions"] is None:
        yield call("lambda", "delete_function_concurrency", FunctionName=at.thing.id)
    else:
        yield call(
            "lambda",
            "put_function_concurrency",
            FunctionName=at.thing.id,
            ReservedConcurrentExecutions=v["ReservedConcurrentExecutions"],
        )


FUNCTION = Kind(
    "function",
    "Function",
    "Functions",
    things,
    detail=_detail,
    empty="A function is a program that runs when something happens, and costs nothing in between. It acts as its role.",
    command=(
        "aws lambda create-function --function-name hello --runtime python3.13 --handler "
        "index.handler --role arn:aws:iam::111122223333:role/app --zip-file fileb://function.zip"
    ),
    actions=(
        settings.CREATE,
        Action(
            "invoke",
            "Invoke",
            lambda v, at: [
                call(
                    "lambda",
                    "invoke",
                    FunctionName=at.thing.id,
                    Payload=v["Payload"] if v["Payload"] is not None else b"{}",
                    Qualifier=v["Qualifier"],
                    LogType="Tail",
                    InvocationType=v["InvocationType"],
                )
            ],
            (
                Content("Payload", "Event", file="event.json", initial="{}", help="JSON that it is given."),
                Choice(
                    "InvocationType",
                    "How",
                    (
                        ("RequestResponse", "and wait for the answer"),
                        ("Event", "and go on"),
                        ("DryRun", "only ask whether one may"),
                    ),
                    initial="RequestResponse",
                    required=True,
                ),
                Text("Qualifier", "Version or alias", help="Empty: $LATEST."),
            ),
            verb="Invoke",
            about="The answer holds what it returned and the last lines that it logged.",
        ),
        *settings.ACTIONS,
        *sources.ACTIONS,
        *access.PERMISSIONS,
        *versions.ACTIONS,
        Action(
            "concurrency",
            "Edit concurrency",
            _concurrency,
            (
                Number(
                    "ReservedConcurrentExecutions",
                    "Reserved",
                    least=0,
                    most=1000,
                    help="At most so many runs at once, and so many kept for it. Empty: none; 0 stops it.",
                ),
            ),
            lambda account, at: {"ReservedConcurrentExecutions": at.thing.data.get("Concurrency")},
        ),
        *access.URL,
        tag_map_by("lambda", "tag_resource", "untag_resource", "Resource"),
        delete("lambda.delete_function", "FunctionName", "Delete the function with its versions and aliases?"),
    ),
)
