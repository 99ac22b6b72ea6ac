"""Load balancers, their listeners, and the rules that send a request to one group or another."""

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
    Kept,
    Kind,
    Lines,
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
    tags_of,
    tail,
)
from labs.explorer.saying import edit_tags, given, properties, state_fact

TYPES = (
    ("application", "Application: HTTP, by path and host"),
    ("network", "Network: TCP and UDP"),
    ("gateway", "Gateway: in front of firewalls"),
)
DOES = (("forward", "send to a target group"), ("redirect", "redirect"), ("fixed-response", "answer by itself"))
WITH_GROUP, WITH_WAY, WITH_ANSWER = ("Type", "forward"), ("Type", "redirect"), ("Type", "fixed-response")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("elbv2", "describe_load_balancers").get("LoadBalancers", []):
        zones = [each["ZoneName"] for each in one.get("AvailabilityZones", [])]
        facts = (
            Fact("Type", one.get("Type", "")),
            Fact("Scheme", one.get("Scheme", "")),
            state_fact(one.get("State", {}).get("Code", ""), good=["active"], bad=["failed"]),
            Fact("Zones", ", ".join(zones) or "none", "" if len(zones) > 1 else "bad"),
        )
        links = [Link("ec2:security-group", each, "Guarded by") for each in one.get("SecurityGroups", [])]
        links += [
            Link("ec2:subnet", each["SubnetId"], "Stands in")
            for each in one.get("AvailabilityZones", [])
            if each.get("SubnetId")
        ]
        yield Thing(
            one["LoadBalancerArn"], one["LoadBalancerName"], facts, one["LoadBalancerArn"], one, links=tuple(links)
        )


def said(actions: list[dict[str, Any]]) -> str:
    """Return what a listener or rule does, as one reads it."""
    words = []
    for one in actions:
        groups = [each["TargetGroupArn"] for each in one.get("ForwardConfig", {}).get("TargetGroups", [])] or [
            one.get("TargetGroupArn", "")
        ]
        if one["Type"] == "forward":
            words.append("to " + ", ".join(each.split("/")[-2] for each in groups if each))
        elif one["Type"] == "redirect":
            to = one["RedirectConfig"]
            words.append(
                f"redirect to {to.get('Protocol', '')}:{to.get('Port', '')}{to.get('Path', '')} {to.get('StatusCode', '')}"
            )
        elif one["Type"] == "fixed-response":
            words.append(f"answer {one['FixedResponseConfig'].get('StatusCode', '')}")
        else:
            words.append(one["Type"])
    return "; ".join(words)


def _condition(one: dict[str, Any]) -> str:
    values: list[Any] = one.get("Values") or next(
        (each.get("Values", []) for key, each in one.items() if key.endswith("Config") and isinstance(each, dict)), []
    )
    return f"{one.get('Field', '')} {', '.join(map(str, values))}"


def _detail(account: Account, it: Thing) -> Thing:
    listeners, rules, links = [], [], list(it.links)
    for one in ask(account, "elbv2", "describe_listeners", LoadBalancerArn=it.id).get("Listeners", []):
        arn, where = one["ListenerArn"], f"{one.get('Protocol', '')}:{one.get('Port', '')}"
        listeners.append(
            Row(
                arn,
                (
                    where,
                    said(one.get("DefaultActions", [])),
                    tail(one["Certificates"][0]["CertificateArn"]) if one.get("Certificates") else "",
                ),
                data=one,
            )
        )
        for rule in ask(account, "elbv2", "describe_rules", ListenerArn=arn).get("Rules", []):
            if not rule.get("IsDefault"):
                ifs = " and ".join(_condition(each) for each in rule.get("Conditions", []))
                rules.append(
                    Row(
                        rule["RuleArn"],
                        (where, str(rule.get("Priority", "")), ifs, said(rule.get("Actions", []))),
                        data=rule,
                    )
                )
    groups = ask(account, "elbv2", "describe_target_groups", LoadBalancerArn=it.id).get("TargetGroups", [])
    links += [Link("elbv2:target-group", one["TargetGroupArn"], "Sends to", one["TargetGroupName"]) for one in groups]
    attributes = ask(account, "elbv2", "describe_load_balancer_attributes", LoadBalancerArn=it.id).get("Attributes", [])
    kept = {one["Key"]: one["Value"] for one in attributes}
    tags = ask(account, "elbv2", "describe_tags", ResourceArns=[it.id]).get("TagDescriptions", [])
    parts = (
        Part(
            "listeners", "Listeners", ("Listens at", "Does", "Certificate"), tuple(listeners), "It listens at no port."
        ),
        Part("rules", "Rules", ("Of", "Priority", "If", "Then"), tuple(rules), "The listeners' defaults alone."),
    )
    facts = (
        *it.facts,
        Fact("Address", it.data.get("DNSName", "")),
        Fact("Deletion protection", kept.get("deletion_protection.enabled", "false")),
        Fact("Access logs", kept.get("access_logs.s3.bucket") or "off"),
        *properties(it.data, "VpcId", "IpAddressType", "CanonicalHostedZoneId"),
    )
    found = tags_of(tags[0].get("Tags")) if tags else {}
    return replace(
        it, properties=facts, parts=parts, links=tuple(links), tags=found, data={**it.data, "Attributes": kept}
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    keep = ("BALANCER", "LoadBalancers[0].LoadBalancerArn") if v["group"] else None
    yield call(
        "elbv2",
        "create_load_balancer",
        keep=keep,
        Name=v["Name"],
        Type=v["Type"],
        Scheme=v["Scheme"] if v["Type"] != "gateway" else None,
        Subnets=v["Subnets"],
        SecurityGroups=v["SecurityGroups"] or None,
        Tags=tag_list(v["tags"]),
    )
    if v["group"]:
        protocol = {"application": "HTTP", "network": "TCP"}.get(v["Type"])
        port = v["port"] if protocol else None
        actions = [{"Type": "forward", "TargetGroupArn": v["group"]}]
        yield call(
            "elbv2",
            "create_listener",
            LoadBalancerArn=Kept("BALANCER"),
            Protocol=protocol,
            Port=port,
            DefaultActions=actions,
        )


def _action(v: Values) -> list[dict[str, Any]]:
    if v["Type"] == "forward":
        return [{"Type": "forward", "TargetGroupArn": v["group"]}]
    if v["Type"] == "redirect":
        to = given(
            Protocol=v["to_protocol"],
            Port=str(v["to_port"]) if v["to_port"] else None,
            Host=v["to_host"],
            Path=v["to_path"],
            StatusCode=v["status"],
        )
        return [{"Type": "redirect", "RedirectConfig": to}]
    answer = given(StatusCode=str(v["code"]), ContentType="text/plain", MessageBody=v["body"])
    return [{"Type": "fixed-response", "FixedResponseConfig": answer}]


def _does() -> tuple[Any, ...]:
    return (
        Choice("Type", "Does", DOES, initial="forward", required=True),
        Pick("group", "Target group", kind="elbv2:target-group", by="arn", required=True, when=WITH_GROUP),
        Choice("to_protocol", "To", ("HTTPS", "HTTP"), initial="HTTPS", when=WITH_WAY),
        Number("to_port", "port", initial=443, least=1, most=65_535, when=WITH_WAY),
        Text("to_host", "host", help="Empty: the same.", when=WITH_WAY),
        Text("to_path", "path", help="Empty: the same.", when=WITH_WAY),
        Choice(
            "status",
            "with",
            (("HTTP_301", "301: for good"), ("HTTP_302", "302: for now")),
            initial="HTTP_301",
            required=True,
            when=WITH_WAY,
        ),
        Number("code", "Status", initial=404, least=200, most=599, required=True, when=WITH_ANSWER),
        Text("body", "Text", when=WITH_ANSWER),
    )


def _add_listener(v: Values, at: At) -> Iterator[Call]:
    certificates = [{"CertificateArn": v["certificate"]}] if v["certificate"] else None
    yield call(
        "elbv2",
        "create_listener",
        LoadBalancerArn=at.thing.id,
        Protocol=v["Protocol"],
        Port=v["Port"],
        Certificates=certificates,
        DefaultActions=_action(v),
    )


def _rule_fields(account: Account, at: At) -> tuple[Any, ...]:
    rows = next((part.rows for part in at.thing.parts if part.id == "listeners"), ())
    options = tuple((row.id, row.cells[0]) for row in rows)
    return (
        Choice("listener", "At listener", options, initial=options[0][0] if options else "", required=True),
        Number(
            "Priority",
            "Priority",
            initial=10,
            least=1,
            most=50_000,
            required=True,
            help="The lowest that fits decides.",
        ),
        Lines(
            "paths",
            "If the path is one of",
            placeholder="/api/*",
            help="One a line. /api is that path alone; /api/* is what is under it.",
        ),
        Lines("hosts", "If the host is one of", placeholder="api.example.com"),
        Lines("methods", "If the method is one of", placeholder="GET"),
        Lines("sources", "If the caller is in", placeholder="203.0.113.0/24"),
        *_does(),
    )


def _add_rule(v: Values, at: At) -> Iterator[Call]:
    conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": v["paths"]}}] if v["paths"] else []
    conditions += [{"Field": "host-header", "HostHeaderConfig": {"Values": v["hosts"]}}] if v["hosts"] else []
    conditions += (
        [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": v["methods"]}}] if v["methods"] else []
    )
    conditions += [{"Field": "source-ip", "SourceIpConfig": {"Values": v["sources"]}}] if v["sources"] else []
    yield call(
        "elbv2",
        "create_rule",
        ListenerArn=v["listener"],
        Priority=v["Priority"],
        Conditions=conditions,
        Actions=_action(v),
    )


def _attributes(v: Values, at: At) -> Iterator[Call]:
    wanted = {"deletion_protection.enabled": "true" if v["protect"] else "false"}
    if v["bucket"]:
        wanted |= {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": v["bucket"]}
    elif at.before["bucket"]:
        wanted["access_logs.s3.enabled"] = "false"
    if at.thing.data.get("Type") == "application":
        wanted["idle_timeout.timeout_seconds"] = str(v["idle"])
    found = [
        {"Key": key, "Value": value} for key, value in wanted.items() if at.thing.data["Attributes"].get(key) != value
    ]
    if found:
        yield call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=at.thing.id, Attributes=found)


def _now(account: Account, at: At) -> Values:
    kept = at.thing.data["Attributes"]
    on = kept.get("access_logs.s3.enabled") == "true"
    return {
        "protect": kept.get("deletion_protection.enabled") == "true",
        "bucket": kept.get("access_logs.s3.bucket", "") if on else "",
        "idle": int(kept.get("idle_timeout.timeout_seconds", 60)),
    }


def _tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        yield call("elbv2", "add_tags", ResourceArns=[at.thing.id], Tags=tag_list(to_set))
    if to_remove:
        yield call("elbv2", "remove_tags", ResourceArns=[at.thing.id], TagKeys=to_remove)


BALANCER = Kind(
    "load-balancer",
    "Load balancer",
    "Load balancers",
    things,
    detail=_detail,
    empty=(
        "A load balancer is one address in front of many servers. It sends "
        "each request to one that is well, in two zones or more."
    ),
    command="aws elbv2 create-load-balancer --name web --subnets subnet-… subnet-… --security-groups sg-…",
    actions=(
        Action(
            "create",
            "Create load balancer",
            _create,
            (
                Text("Name", "Name", required=True),
                Choice("Type", "Type", TYPES, initial="application", required=True),
                Choice(
                    "Scheme",
                    "Reached from",
                    (("internet-facing", "the internet"), ("internal", "the VPC alone")),
                    initial="internet-facing",
                    required=True,
                ),
                Picks(
                    "Subnets",
                    "Subnets",
                    kind="ec2:subnet",
                    required=True,
                    help="In two zones at least. For the internet: public ones.",
                ),
                Picks(
                    "SecurityGroups", "Security groups", kind="ec2:security-group", help="They must let the clients in."
                ),
                Pick(
                    "group",
                    "Listener: send to",
                    kind="elbv2:target-group",
                    by="arn",
                    help="Empty: add listeners later.",
                ),
                Number("port", "Listener: at port", initial=80, least=1, most=65_535, required=True),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "add-listener",
            "Add listener",
            _add_listener,
            (
                Choice(
                    "Protocol",
                    "Protocol",
                    ("HTTP", "HTTPS", "TCP", "UDP", "TCP_UDP", "TLS"),
                    initial="HTTP",
                    required=True,
                ),
                Number("Port", "Port", initial=80, least=1, most=65_535, required=True),
                Text(
                    "certificate",
                    "Certificate",
                    required=True,
                    placeholder="arn:aws:acm:…",
                    when=("Protocol", "HTTPS", "TLS"),
                ),
                *_does(),
            ),
            part="listeners",
        ),
        Action(
            "edit-listener",
            "Change",
            lambda v, at: [call("elbv2", "modify_listener", ListenerArn=at.row.id, DefaultActions=_action(v))],
            _does(),
            part="listeners",
            row=True,
        ),
        Action(
            "remove-listener",
            "Remove",
            lambda v, at: [call("elbv2", "delete_listener", ListenerArn=at.row.id)],
            part="listeners",
            row=True,
            danger="Remove the listener with its rules?",
            verb="Remove",
        ),
        Action("add-rule", "Add rule", _add_rule, _rule_fields, part="rules"),
        Action(
            "edit-rule",
            "Change",
            lambda v, at: [call("elbv2", "modify_rule", RuleArn=at.row.id, Actions=_action(v))],
            _does(),
            part="rules",
            row=True,
        ),
        Action(
            "remove-rule",
            "Remove",
            lambda v, at: [call("elbv2", "delete_rule", RuleArn=at.row.id)],
            part="rules",
            row=True,
            danger="Remove the rule?",
            verb="Remove",
        ),
        Action(
            "groups",
            "Change security groups",
            "elbv2.set_security_groups",
            (Picks("SecurityGroups", "Security groups", kind="ec2:security-group", required=True),),
            lambda account, at: {"SecurityGroups": at.thing.data.get("SecurityGroups", [])},
            thing="LoadBalancerArn",
            when=lambda it: (it.data or {}).get("Type") == "application",
        ),
        Action(
            "subnets",
            "Change subnets",
            "elbv2.set_subnets",
            (Picks("Subnets", "Subnets", kind="ec2:subnet", required=True),),
            lambda account, at: {"Subnets": [one["SubnetId"] for one in at.thing.data.get("AvailabilityZones", [])]},
            thing="LoadBalancerArn",
        ),
        Action(
            "attributes",
            "Edit settings",
            _attributes,
            (
                Switch("protect", "Deletion protection"),
                Pick("bucket", "Access logs to", kind="s3:bucket", help="Empty: none."),
                Number(
                    "idle", "Idle connections end after", least=1, most=4000, unit="seconds", initial=60, required=True
                ),
            ),
            _now,
        ),
        edit_tags(_tags),
        delete(
            "elbv2.delete_load_balancer", "LoadBalancerArn", "Delete the load balancer with its listeners and rules?"
        ),
    ),
)
