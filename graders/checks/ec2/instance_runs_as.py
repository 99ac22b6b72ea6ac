"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""

from collections.abc import Iterator
from typing import Any, Literal

from graders import Account, Fail, check, instances, networks


@check(permissions=[*networks.PERMISSIONS, "ec2:DescribeImages", "ec2:DescribeInstanceAttribute"])
def instance_runs_as(
    account: Account,
    *,
    instance: str,
    state: Literal["running", "stopped"] = "running",
    types: list[str] | None = None,
    image: str = "",
    key: str = "",
    tags: dict[str, str] | None = None,
    subnet: str = "",
    vpc: str = "",
    group: str = "",
    lifecycle: Literal["", "spot", "on-demand"] = "",
    protected: bool | None = None,
    monitored: bool | None = None,
) -> None:
    """The instance {instance} is there as the task describes it.

    By default it must run; each parameter that is set must hold too. `types`: any of them. `image`: an own AMI by name,
    any by id. `subnet` and `vpc` by name or id; `group` among those it wears. `protected`: termination protection.
    `monitored`: detailed monitoring. Of several instances of that name one that fits is enough.
    """
    wanted: dict[str, list[str]] = {"state": [state]}
    if types:
        wanted["type"] = types
    if image:
        wanted["AMI"] = [image if image.startswith("ami-") else networks.the(account, networks.IMAGE, image)["ImageId"]]
    if key:
        wanted["key pair"] = [key]
    if subnet:
        wanted["subnet"] = [networks.the(account, networks.SUBNET, subnet)["SubnetId"]]
    if vpc:
        wanted["VPC"] = [networks.the(account, networks.VPC, vpc)["VpcId"]]
    if lifecycle:
        wanted["purchasing option"] = [lifecycle]
    if protected is not None:
        wanted["termination protection"] = [_on(protected)]
    if monitored is not None:
        wanted["detailed monitoring"] = [_on(monitored)]
    wanted |= {f"tag {name}": [value] for name, value in (tags or {}).items()}
    found = instances.the_instances(account, instance)
    wrongs = [list(_wrongs(account, one, wanted, group)) for one in found]
    if not all(wrongs):
        return
    one, wrong = min(zip(found, wrongs, strict=True), key=lambda pair: len(pair[1]))
    what, has, needed = wrong[0]
    raise Fail(
        "The {what} of {instance} is {has}, not {wanted}.{near}",
        looked_at="the instance {instance} ({id}): what does not fit is its {listed}",
        needed="The {what} of {instance} is {wanted}.",
        try_=COMMANDS.get(
            what, "aws ec2 create-tags" if what.startswith("tag ") else "Launch it anew (run-instances)."
        ),
        instance=instance,
        id=one["InstanceId"],
        what=what,
        has=networks.said(account, has),
        wanted=networks.said(account, needed),
        listed=[name for name, *_ in wrong],
        near=_near_miss(one, what, needed),
    )


COMMANDS = {
    "state": "aws ec2 start-instances, or stop-instances",
    "type": "Stop it, aws ec2 modify-instance-attribute --instance-type …, start it.",
    "termination protection": "aws ec2 modify-instance-attribute --disable-api-termination",
    "detailed monitoring": "aws ec2 monitor-instances",
    "security group": "aws ec2 modify-instance-attribute --groups …",
}


def _wrongs(
    account: Account, instance: dict[str, Any], wanted: dict[str, list[str]], group: str
) -> Iterator[tuple[str, str, str]]:
    """(what, is, should be) of each thing that does not fit."""
    for what, values in wanted.items():
        has = _has(account, instance, what)
        if has not in values:
            yield what, has or "not set", " or ".join(values)
    worn = [one for eni in instance.get("NetworkInterfaces", []) for one in eni.get("Groups", [])]
    if group and not any(group in (one["GroupId"], one["GroupName"]) for one in worn):
        yield "security group", ", ".join(one["GroupName"] for one in worn) or "none", group


def _has(account: Account, instance: dict[str, Any], what: str) -> str:
    if what == "termination protection":
        answer = account.read(
            "ec2", "describe_instance_attribute", InstanceId=instance["InstanceId"], Attribute="disableApiTermination"
        )
        return _on(answer.get("DisableApiTermination", {}).get("Value", False))
    if what.startswith("tag "):
        return networks.tags_of(instance).get(what.removeprefix("tag "), "")
    plain = {
        "state": instances.state(instance),
        "type": instance["InstanceType"],
        "AMI": instance["ImageId"],
        "key pair": instance.get("KeyName", ""),
        "subnet": instance.get("SubnetId", ""),
        "VPC": instance.get("VpcId", ""),
        "purchasing option": instance.get("InstanceLifecycle", "on-demand"),
        "detailed monitoring": _on(instance.get("Monitoring", {}).get("State") in ("enabled", "pending")),
    }
    return str(plain[what])


def _on(value: bool) -> str:
    return "on" if value else "off"


def _near_miss(instance: dict[str, Any], what: str, needed: str) -> str:
    """The right tag in another case or under another key."""
    if not what.startswith("tag "):
        return ""
    name = what.removeprefix("tag ")
    for key, value in networks.tags_of(instance).items():
        if value.lower() == needed.lower() and (key, value) != (name, needed):
            return f" There is {key}={value}, and tags are read letter by letter."
    return ""
