"""Target groups: who gets the requests, and how one sees that they are well."""

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
    Fact,
    Kind,
    Link,
    Number,
    Pairs,
    Part,
    Pick,
    Picks,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tag_list,
)
from labs.explorer.saying import changed, count, given, if_on

HEALTH = (
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
)
KINDS = (
    ("instance", "instances"),
    ("ip", "addresses (Fargate tasks)"),
    ("lambda", "a Lambda function"),
    ("alb", "a load balancer"),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("elbv2", "describe_target_groups").get("TargetGroups", []):
        facts = (
            Fact("Takes", f"{one.get('Protocol', '')} {one.get('Port', '')}".strip() or one.get("TargetType", "")),
            Fact("Targets are", dict(KINDS).get(one.get("TargetType", ""), one.get("TargetType", ""))),
            Fact("Health check", f"{one.get('HealthCheckProtocol', '')} {one.get('HealthCheckPath', '')}".strip()),
        )
        links = [
            Link("elbv2:load-balancer", each, "Behind", each.split("/")[-2]) for each in one.get("LoadBalancerArns", [])
        ]
        links += [Link("ec2:vpc", one["VpcId"], "In")] if one.get("VpcId") else []
        yield Thing(
            one["TargetGroupArn"], one["TargetGroupName"], facts, one["TargetGroupArn"], one, links=tuple(links)
        )


def _health(account: Account, it: Thing) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(account, "elbv2", "describe_target_health", TargetGroupArn=it.id).get(
        "TargetHealthDescriptions", []
    )
    return found


def _look(account: Account, it: Thing) -> Thing:
    found = _health(account, it)
    well = sum(one["TargetHealth"]["State"] == "healthy" for one in found)
    return replace(
        it,
        facts=(
            *it.facts,
            Fact("Healthy", f"{well} of {len(found)}", "good" if found and well == len(found) else "bad"),
        ),
    )


def _detail(account: Account, it: Thing) -> Thing:
    rows = tuple(
        Row(
            f"{one['Target']['Id']}:{one['Target'].get('Port', '')}",
            (
                one["Target"]["Id"],
                str(one["Target"].get("Port", "")),
                one["TargetHealth"]["State"],
                one["TargetHealth"].get("Description", ""),
            ),
            "good" if one["TargetHealth"]["State"] == "healthy" else "bad",
            one["Target"],
        )
        for one in _health(account, it)
    )
    kept = {
        one["Key"]: one["Value"]
        for one in ask(account, "elbv2", "describe_target_group_attributes", TargetGroupArn=it.id).get("Attributes", [])
    }
    data = it.data
    facts = (
        *it.facts,
        Fact(
            "Checked every",
            f"{data.get('HealthCheckIntervalSeconds', '?')} s, for at most {data.get('HealthCheckTimeoutSeconds', '?')} s",
        ),
        Fact("Well after", count(data.get("HealthyThresholdCount", 0), "good answer")),
        Fact("Ill after", count(data.get("UnhealthyThresholdCount", 0), "bad answer")),
        Fact("Good answers", data.get("Matcher", {}).get("HttpCode", "")),
        Fact("Sticky", kept.get("stickiness.type", "") if kept.get("stickiness.enabled") == "true" else "no"),
        Fact("Spread by", kept.get("load_balancing.algorithm.type", "round_robin")),
        Fact("Deregistration delay", f"{kept.get('deregistration_delay.timeout_seconds', '300')} s"),
    )
    links = (
        *it.links,
        *(Link("ec2:instance", row.data["Id"], "Sends to") for row in rows if row.data["Id"].startswith("i-")),
    )
    parts = (Part("targets", "Targets", ("Target", "Port", "Health", ""), rows, "Nobody answers."),)
    return replace(it, properties=facts, parts=parts, links=links, data={**data, "Attributes": kept})


def _create(v: Values, at: At) -> Iterator[Call]:
    wanted = given(**{name: v[name] for name in ("Name", "TargetType", "Protocol", "Port", "VpcId", *HEALTH)})
    if v["TargetType"] == "lambda":
        wanted = given(Name=v["Name"], TargetType="lambda")
    code = {"HttpCode": v["codes"]} if v["codes"] and v.get("HealthCheckProtocol") in ("HTTP", "HTTPS") else None
    yield call("elbv2", "create_target_group", **wanted, Matcher=code, Tags=tag_list(v["tags"]))


def _edit(v: Values, at: At) -> Iterator[Call]:
    found = changed(v, at, *HEALTH)
    if v["codes"] and v["codes"] != at.before.get("codes"):
        found["Matcher"] = {"HttpCode": v["codes"]}
    if found:
        yield call("elbv2", "modify_target_group", TargetGroupArn=at.thing.id, **found)


def _checks(*, initial: bool) -> tuple[Any, ...]:
    web = ("HealthCheckProtocol", "HTTP", "HTTPS")
    return (
        Choice("HealthCheckProtocol", "Health check by", ("HTTP", "HTTPS", "TCP"), initial="HTTP" if initial else ""),
        Text(
            "HealthCheckPath",
            "Path",
            initial="/" if initial else "",
            when=web,
            help="A page that answers only when the program is well.",
        ),
        Text("codes", "Good answers", initial="200" if initial else "", when=web, placeholder="200-299"),
        Number(
            "HealthCheckIntervalSeconds", "Every", least=5, most=300, unit="seconds", initial=30 if initial else None
        ),
        Number(
            "HealthCheckTimeoutSeconds",
            "Wait at most",
            least=2,
            most=120,
            unit="seconds",
            initial=5 if initial else None,
        ),
        Number(
            "HealthyThresholdCount", "Well after", least=2, most=10, unit="good answers", initial=5 if initial else None
        ),
        Number(
            "UnhealthyThresholdCount", "Ill after", least=2, most=10, unit="bad answers", initial=2 if initial else None
        ),
        Text("HealthCheckPort", "At port", help="Empty: that of the traffic."),
    )


def _register(v: Values, at: At) -> Iterator[Call]:
    ids = [*v["instances"], *([v["other"]] if v["other"] else [])]
    yield call(
        "elbv2", "register_targets", TargetGroupArn=at.thing.id, Targets=[given(Id=one, Port=v["Port"]) for one in ids]
    )


def _deregister(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "elbv2",
        "deregister_targets",
        TargetGroupArn=at.thing.id,
        Targets=[given(Id=at.row.data["Id"], Port=at.row.data.get("Port"))],
    )


def _attributes(v: Values, at: At) -> Iterator[Call]:
    wanted = {
        "stickiness.enabled": "true" if v["sticky"] else "false",
        "deregistration_delay.timeout_seconds": str(v["delay"]),
    }
    if v["sticky"]:
        wanted |= {"stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": str(v["duration"])}
    if v["algorithm"]:
        wanted["load_balancing.algorithm.type"] = v["algorithm"]
    found = [
        {"Key": key, "Value": value} for key, value in wanted.items() if at.thing.data["Attributes"].get(key) != value
    ]
    if found:
        yield call("elbv2", "modify_target_group_attributes", TargetGroupArn=at.thing.id, Attributes=found)


def _now(account: Account, at: At) -> Values:
    kept = at.thing.data["Attributes"]
    return {
        "sticky": kept.get("stickiness.enabled") == "true",
        "duration": int(kept.get("stickiness.lb_cookie.duration_seconds", 86_400)),
        "delay": int(kept.get("deregistration_delay.timeout_seconds", 300)),
        "algorithm": kept.get("load_balancing.algorithm.type", ""),
    }


TARGET_GROUP = Kind(
    "target-group",
    "Target group",
    "Target groups",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A target group holds those who answer. The balancer asks each "
        "whether it is well, and sends requests only to who is."
    ),
    command="aws elbv2 create-target-group --name web --protocol HTTP --port 80 --vpc-id vpc-… --health-check-path /health",
    actions=(
        Action(
            "create",
            "Create target group",
            _create,
            (
                Text("Name", "Name", required=True),
                Choice("TargetType", "Targets are", KINDS, initial="instance", required=True),
                Choice(
                    "Protocol",
                    "Protocol",
                    ("HTTP", "HTTPS", "TCP", "UDP", "TLS", "GENEVE"),
                    initial="HTTP",
                    required=True,
                    when=("TargetType", "instance", "ip", "alb"),
                ),
                Number(
                    "Port",
                    "Port",
                    initial=80,
                    least=1,
                    most=65_535,
                    required=True,
                    when=("TargetType", "instance", "ip", "alb"),
                ),
                Pick("VpcId", "VPC", kind="ec2:vpc", required=True, when=("TargetType", "instance", "ip", "alb")),
                *_checks(initial=True),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "register",
            "Add targets",
            _register,
            (
                Picks("instances", "Instances", kind="ec2:instance"),
                Text("other", "or address, or function's ARN"),
                Number("Port", "Port", least=1, most=65_535, help="Empty: the group's."),
            ),
            part="targets",
            verb="Add",
        ),
        Action(
            "deregister",
            "Remove",
            _deregister,
            part="targets",
            row=True,
            danger="It gets no more requests.",
            verb="Remove",
        ),
        Action(
            "health",
            "Edit health check",
            _edit,
            _checks(initial=False),
            lambda account, at: {
                **{name: at.thing.data.get(name) for name in HEALTH},
                "codes": at.thing.data.get("Matcher", {}).get("HttpCode", ""),
            },
        ),
        Action(
            "attributes",
            "Edit settings",
            _attributes,
            (
                Switch("sticky", "Sticky: a visitor stays with one target"),
                Number(
                    "duration",
                    "for",
                    least=1,
                    most=604_800,
                    unit="seconds",
                    initial=86_400,
                    required=True,
                    when=if_on("sticky"),
                ),
                Choice(
                    "algorithm",
                    "Spread by",
                    (
                        ("round_robin", "turn"),
                        ("least_outstanding_requests", "who has least to do"),
                        ("weighted_random", "chance"),
                    ),
                ),
                Number(
                    "delay",
                    "One that leaves may finish for",
                    least=0,
                    most=3600,
                    unit="seconds",
                    initial=300,
                    required=True,
                ),
            ),
            _now,
        ),
        delete("elbv2.delete_target_group", "TargetGroupArn", "Delete the group? No listener may send to it."),
    ),
)
