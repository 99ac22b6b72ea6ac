"""Auto Scaling groups: the list, what stands in the drawer, how one is made, and its instances."""

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
    tags_of,
)
from labs.explorer.saying import changed, edit_tags, if_on
from labs.explorer.services.autoscaling import scaling

SIZES = ("MinSize", "MaxSize", "DesiredCapacity", "HealthCheckType", "HealthCheckGracePeriod")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("autoscaling", "describe_auto_scaling_groups").get("AutoScalingGroups", []):
        subnets = [each for each in one.get("VPCZoneIdentifier", "").split(",") if each]
        zones = one.get("AvailabilityZones", [])
        facts = (
            Fact("Instances", f"{len(one.get('Instances', []))}, wanted {one['DesiredCapacity']}"),
            Fact("From", f"{one['MinSize']} to {one['MaxSize']}"),
            Fact("Zones", ", ".join(zones), "" if len(zones) > 1 or len(subnets) > 1 else "bad"),
            Fact("Health by", one.get("HealthCheckType", "")),
        )
        template = one.get("LaunchTemplate") or one.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get(
            "LaunchTemplateSpecification", {}
        )
        links = (
            [
                Link(
                    "ec2:launch-template",
                    template["LaunchTemplateId"],
                    "Starts",
                    template.get("LaunchTemplateName", ""),
                )
            ]
            if template
            else []
        )
        links += [Link("ec2:subnet", each, "In") for each in subnets]
        links += [
            Link("elbv2:target-group", each, "Behind", each.split("/")[-2]) for each in one.get("TargetGroupARNs", [])
        ]
        links += [Link("ec2:instance", each["InstanceId"], "Has") for each in one.get("Instances", [])]
        name = one["AutoScalingGroupName"]
        yield Thing(
            name,
            name,
            facts,
            one.get("AutoScalingGroupARN", ""),
            one,
            tags=tags_of(_plain(one.get("Tags", []))),
            links=tuple(links),
        )


def _plain(tags: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"Key": one["Key"], "Value": one.get("Value", "")} for one in tags]


def _detail(account: Account, it: Thing) -> Thing:
    where = {"AutoScalingGroupName": it.id}
    policies = ask(account, "autoscaling", "describe_policies", **where).get("ScalingPolicies", [])
    plans = ask(account, "autoscaling", "describe_scheduled_actions", **where).get("ScheduledUpdateGroupActions", [])
    history = ask(account, "autoscaling", "describe_scaling_activities", **where).get("Activities", [])
    instances = tuple(
        Row(
            one["InstanceId"],
            (one["InstanceId"], one["AvailabilityZone"], one["LifecycleState"], one["HealthStatus"]),
            "" if one["HealthStatus"] == "Healthy" else "bad",
            one,
        )
        for one in it.data.get("Instances", [])
    )
    parts = (
        Part("instances", "Instances", ("Instance", "Zone", "State", "Health"), instances, "None."),
        *scaling.parts(policies, plans),
        Part(
            "history",
            "What happened",
            ("When", "What", "Why"),
            tuple(
                Row(
                    one["ActivityId"], (str(one.get("StartTime", "")), one.get("Description", ""), one.get("Cause", ""))
                )
                for one in history[:30]
            ),
            "Nothing yet.",
        ),
    )
    suspended = ", ".join(one["ProcessName"] for one in it.data.get("SuspendedProcesses", []))
    alarms = {alarm["AlarmName"] for one in policies for alarm in one.get("Alarms", [])}
    links = (*it.links, *(Link("cloudwatch:alarm", name, "Woken by") for name in sorted(alarms)))
    facts = (
        *it.facts,
        Fact("Grace period", f"{it.data.get('HealthCheckGracePeriod', 0)} s"),
        *((Fact("Suspended", suspended, "bad"),) if suspended else ()),
    )
    return replace(it, properties=facts, parts=parts, links=links)


def _create(v: Values, at: At) -> Iterator[Call]:
    name = v["AutoScalingGroupName"]
    tags = [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in v["tags"].items()]
    yield call(
        "autoscaling",
        "create_auto_scaling_group",
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": v["template"], "Version": v["version"] or "$Latest"},
        MinSize=v["MinSize"],
        MaxSize=v["MaxSize"],
        DesiredCapacity=v["DesiredCapacity"],
        VPCZoneIdentifier=",".join(v["subnets"]),
        TargetGroupARNs=v["groups"] or None,
        HealthCheckType=v["HealthCheckType"],
        HealthCheckGracePeriod=v["HealthCheckGracePeriod"],
        Tags=tags or None,
    )
    if v["track"]:
        yield scaling.track(name, v["metric"], v["value"], f"{name}-track", None)


def _edit(v: Values, at: At) -> Iterator[Call]:
    found = changed(v, at, *SIZES)
    if v["template"] and (v["template"], v["version"]) != (at.before.get("template"), at.before.get("version")):
        found["LaunchTemplate"] = {"LaunchTemplateId": v["template"], "Version": v["version"] or "$Latest"}
    if v["subnets"] and set(v["subnets"]) != set(at.before.get("subnets", [])):
        found["VPCZoneIdentifier"] = ",".join(v["subnets"])
    if found:
        yield call("autoscaling", "update_auto_scaling_group", AutoScalingGroupName=at.thing.id, **found)
    before = at.before.get("groups", [])
    to_add, to_remove = (
        [one for one in v["groups"] if one not in before],
        [one for one in before if one not in v["groups"]],
    )
    if to_add:
        yield call(
            "autoscaling",
            "attach_load_balancer_target_groups",
            AutoScalingGroupName=at.thing.id,
            TargetGroupARNs=to_add,
        )
    if to_remove:
        yield call(
            "autoscaling",
            "detach_load_balancer_target_groups",
            AutoScalingGroupName=at.thing.id,
            TargetGroupARNs=to_remove,
        )


def _now(account: Account, at: At) -> Values:
    data = at.thing.data
    template = data.get("LaunchTemplate", {})
    return {
        **{name: data.get(name) for name in SIZES},
        "template": template.get("LaunchTemplateId", ""),
        "version": template.get("Version", ""),
        "subnets": [one for one in data.get("VPCZoneIdentifier", "").split(",") if one],
        "groups": data.get("TargetGroupARNs", []),
    }


def _shared() -> tuple[Any, ...]:
    return (
        Pick("template", "Launch template", kind="ec2:launch-template", required=True),
        Text(
            "version",
            "of version",
            initial="$Latest",
            options=("$Latest", "$Default", "1"),
            help="A number, $Latest or $Default.",
        ),
        Picks(
            "subnets",
            "Subnets",
            kind="ec2:subnet",
            required=True,
            help="In two zones, so that it survives the loss of one.",
        ),
        Number("MinSize", "At least", initial=1, least=0, most=100, required=True),
        Number("DesiredCapacity", "Wanted now", initial=1, least=0, most=100),
        Number("MaxSize", "At most", initial=3, least=0, most=100, required=True),
        Picks("groups", "Behind target groups", kind="elbv2:target-group", by="arn"),
        Choice(
            "HealthCheckType",
            "Health by",
            (("EC2", "EC2: does the server run?"), ("ELB", "ELB: does the balancer find it well?")),
            initial="EC2",
            required=True,
        ),
        Number(
            "HealthCheckGracePeriod",
            "Not judged for",
            initial=300,
            least=0,
            most=7200,
            unit="seconds",
            help="The time that it needs to start.",
        ),
    )


def _tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    where = {"ResourceId": at.thing.id, "ResourceType": "auto-scaling-group"}
    if to_set:
        yield call(
            "autoscaling",
            "create_or_update_tags",
            Tags=[{**where, "Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in to_set.items()],
        )
    if to_remove:
        yield call("autoscaling", "delete_tags", Tags=[{**where, "Key": key} for key in to_remove])


GROUP = Kind(
    "group",
    "Auto Scaling group",
    "Auto Scaling groups",
    things,
    detail=_detail,
    empty=(
        "An Auto Scaling group keeps as many instances as are wanted, in several "
        "zones: it replaces the ill, and grows and shrinks with the load."
    ),
    command=(
        "aws autoscaling create-auto-scaling-group --auto-scaling-group-name web --launch-template "
        "LaunchTemplateName=web --min-size 2 --max-size 6 --vpc-zone-identifier subnet-…,subnet-…"
    ),
    actions=(
        Action(
            "create",
            "Create Auto Scaling group",
            _create,
            (
                Text("AutoScalingGroupName", "Name", required=True),
                *_shared(),
                Switch("track", "Let it scale by a metric", initial=True),
                Choice(
                    "metric",
                    "Metric",
                    scaling.METRICS[:1] + scaling.METRICS[2:],
                    initial="ASGAverageCPUUtilization",
                    required=True,
                    when=if_on("track"),
                ),
                Number("value", "keep it at", initial=50, least=0.1, whole=False, required=True, when=if_on("track")),
                Pairs("tags", "Tags", help="The instances get them too."),
            ),
            new=True,
        ),
        Action("edit", "Edit", _edit, _shared(), _now),
        Action(
            "size",
            "Set how many",
            "autoscaling.set_desired_capacity",
            (Number("DesiredCapacity", "Wanted now", least=0, most=100, required=True),),
            lambda account, at: {"DesiredCapacity": at.thing.data["DesiredCapacity"]},
            thing="AutoScalingGroupName",
        ),
        *scaling.ACTIONS,
        Action(
            "unhealthy",
            "Report as ill",
            lambda v, at: [call("autoscaling", "set_instance_health", InstanceId=at.row.id, HealthStatus="Unhealthy")],
            part="instances",
            row=True,
            danger="The group terminates it and starts another.",
            verb="Report",
        ),
        Action(
            "terminate",
            "Terminate",
            lambda v, at: [
                call(
                    "autoscaling",
                    "terminate_instance_in_auto_scaling_group",
                    InstanceId=at.row.id,
                    ShouldDecrementDesiredCapacity=v["less"],
                )
            ],
            (Switch("less", "And want one less"),),
            part="instances",
            row=True,
            danger="Terminate this instance?",
            verb="Terminate",
        ),
        edit_tags(_tags),
        Action(
            "delete",
            "Delete",
            lambda v, at: [
                call(
                    "autoscaling",
                    "delete_auto_scaling_group",
                    AutoScalingGroupName=at.thing.id,
                    ForceDelete=True if v["force"] else None,
                )
            ],
            (Switch("force", "With its instances", initial=True),),
            danger="Delete the group?",
            verb="Delete",
        ),
    ),
)
