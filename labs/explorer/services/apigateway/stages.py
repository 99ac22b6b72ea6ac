"""Deployments to stages: what callers see, how often they may, and what is cached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.explorer.model import Action, At, Call, Number, Part, Row, Switch, Text, Values, call


def part(found: list[dict[str, Any]]) -> Part:
    """Return the stages of an API."""
    return Part(
        "stages",
        "Stages",
        ("Name", "Deployment", "Throttle", "Cache"),
        tuple(
            Row(
                one["stageName"],
                (
                    one["stageName"],
                    one.get("deploymentId", ""),
                    _throttle(one),
                    "on" if one.get("cacheClusterEnabled") else "off",
                ),
                data=one,
            )
            for one in found
        ),
        "Not deployed: nobody can call it.",
    )


def _throttle(stage: dict[str, Any]) -> str:
    one = stage.get("methodSettings", {}).get("*/*", {})
    return (
        f"{one['throttlingRateLimit']}/s, burst {one.get('throttlingBurstLimit', '')}"
        if one.get("throttlingRateLimit")
        else ""
    )


def _deploy(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "apigateway", "create_deployment", restApiId=at.thing.id, stageName=v["stageName"], description=v["description"]
    )


def _stage(v: Values, at: At) -> Iterator[Call]:
    wanted = [("/*/*/throttling/rateLimit", v["rate"]), ("/*/*/throttling/burstLimit", v["burst"])]
    if v["cache"]:
        wanted += [
            ("/cacheClusterEnabled", "true"),
            ("/cacheClusterSize", "0.5"),
            ("/*/*/caching/enabled", "true"),
            ("/*/*/caching/ttlInSeconds", v["ttl"]),
        ]
    elif at.row.data.get("cacheClusterEnabled"):
        wanted.append(("/cacheClusterEnabled", "false"))
    if v["trace"] != bool(at.row.data.get("tracingEnabled")):
        wanted.append(("/tracingEnabled", "true" if v["trace"] else "false"))
    changes = [{"op": "replace", "path": path, "value": str(value)} for path, value in wanted if value is not None]
    if changes:
        yield call("apigateway", "update_stage", restApiId=at.thing.id, stageName=at.row.id, patchOperations=changes)


ACTIONS = (
    Action(
        "deploy",
        "Deploy",
        _deploy,
        (
            Text("stageName", "To stage", initial="prod", required=True),
            Text("description", "About this deployment"),
        ),
        part="stages",
        verb="Deploy",
        about="Callers see the API as it is now, and no later change until the next deployment.",
    ),
    Action(
        "stage",
        "Edit",
        _stage,
        (
            Number("rate", "At most", least=0, whole=False, unit="calls a second"),
            Number("burst", "at once", least=0),
            Switch("cache", "Cache answers"),
            Number("ttl", "for", initial=300, least=0, most=3600, unit="seconds", when=("cache", "on")),
            Switch("trace", "Tracing"),
        ),
        lambda account, at: {
            "rate": at.row.data.get("methodSettings", {}).get("*/*", {}).get("throttlingRateLimit"),
            "burst": at.row.data.get("methodSettings", {}).get("*/*", {}).get("throttlingBurstLimit"),
            "cache": bool(at.row.data.get("cacheClusterEnabled")),
            "ttl": at.row.data.get("methodSettings", {}).get("*/*", {}).get("cacheTtlInSeconds", 300),
            "trace": bool(at.row.data.get("tracingEnabled")),
        },
        part="stages",
        row=True,
    ),
    Action(
        "remove-stage",
        "Delete",
        lambda v, at: [call("apigateway", "delete_stage", restApiId=at.thing.id, stageName=at.row.id)],
        part="stages",
        row=True,
        danger="Nobody can call the API there any more.",
        verb="Delete",
    ),
)
