"""Instances: launched, stopped, changed, terminated."""

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
    tail,
)
from labs.explorer.saying import given, given_or_none, if_on, properties, state_fact, unpacked
from labs.explorer.services.ec2.common import TAGS, TYPES, tagged, thing

WEB = "#!/bin/bash\ndnf install -y httpd\nsystemctl enable --now httpd\n"
DISKS = ("gp3", "gp2", "io1", "io2", "st1", "sc1")


def things(account: Account) -> Iterator[Thing]:
    for reservation in account.read("ec2", "describe_instances").get("Reservations", []):
        for one in reservation["Instances"]:
            yield thing(one["InstanceId"], one, *_facts(one), links=_links(one))


def _facts(one: dict[str, Any]) -> Iterator[Fact]:
    yield state_fact(one["State"]["Name"], good=["running"], bad=["terminated"])
    yield Fact("Type", one.get("InstanceType", ""))
    yield Fact("Public address", one.get("PublicIpAddress", "none"))
    yield Fact("Private address", one.get("PrivateIpAddress", "none"))


def _links(one: dict[str, Any]) -> Iterator[Link]:
    for group in one.get("SecurityGroups", []):
        yield Link("ec2:security-group", group["GroupId"], "Guarded by", group["GroupName"])
    if one.get("SubnetId"):
        yield Link("ec2:subnet", one["SubnetId"], "In")
        yield Link("ec2:vpc", one["VpcId"], "In")
    if one.get("IamInstanceProfile"):
        name = tail(one["IamInstanceProfile"]["Arn"])
        yield Link("iam:profile", name, "Wears")
    if one.get("KeyName"):
        yield Link("ec2:key-pair", one["KeyName"], "Lets in", one["KeyName"])


def _detail(account: Account, it: Thing) -> Thing:
    one = it.data

    def attribute(name: str, key: str) -> Any:
        answer = ask(account, "ec2", "describe_instance_attribute", InstanceId=it.id, Attribute=name)
        return answer.get(key, {}).get("Value")

    gone = one["State"]["Name"] == "terminated"
    script = attribute("userData", "UserData") if not gone else ""
    script = unpacked(script) if script else ""
    protected = attribute("disableApiTermination", "DisableApiTermination") if not gone else False
    answer = ask(
        account,
        "ec2",
        "describe_iam_instance_profile_associations",
        Filters=[{"Name": "instance-id", "Values": [it.id]}],
    )
    worn = [
        one
        for one in answer.get("IamInstanceProfileAssociations", [])
        if one.get("State") in ("associated", "associating")
    ]
    tokens = one.get("MetadataOptions", {}).get("HttpTokens", "optional")
    more = (
        Fact(
            "Instance metadata",
            "IMDSv2 only" if tokens == "required" else "IMDSv1 too",
            "good" if tokens == "required" else "bad",
        ),
        Fact("Termination protection", "on" if protected else "off"),
        Fact("Profile", tail(worn[0]["IamInstanceProfile"]["Arn"]) if worn else "none"),
        Fact("Bought as", one.get("InstanceLifecycle", "on-demand")),
        Fact("User data", script or "none"),
        *properties(
            one,
            "ImageId",
            "KeyName",
            "SubnetId",
            "VpcId",
            "PublicDnsName",
            "PrivateDnsName",
            "Architecture",
            "LaunchTime",
        ),
        *properties(one.get("Placement", {}), ("AvailabilityZone", "Zone"), "Tenancy"),
        *properties(one.get("Monitoring", {}), ("State", "Detailed monitoring")),
    )
    disks = tuple(
        Row(
            disk["Ebs"]["VolumeId"],
            (
                disk["DeviceName"],
                disk["Ebs"]["VolumeId"],
                "goes with it" if disk["Ebs"].get("DeleteOnTermination") else "stays",
            ),
        )
        for disk in one.get("BlockDeviceMappings", [])
        if "Ebs" in disk
    )
    parts = (Part("disks", "Volumes", ("Device", "Volume", "At termination"), disks),)
    links = [link for link in it.links if link.kind != "iam:profile"]
    links += [Link("iam:profile", tail(entry["IamInstanceProfile"]["Arn"]), "Wears") for entry in worn]
    links += [Link("ec2:volume", row.id, "Has") for row in disks]
    data = {**one, "UserData": script, "Protected": bool(protected), "Associations": worn}
    return replace(it, properties=(*it.facts, *more), parts=parts, links=tuple(links), data=data)


def images(account: Account) -> Iterator[tuple[str, str]]:
    """Yield the images to launch from: the account's own, and those of AWS that the sandbox has."""
    found = account.read("ec2", "describe_images").get("Images", [])
    for one in sorted(
        found,
        key=lambda one: (
            one.get("OwnerId") != account.account_id,
            one.get("ImageOwnerAlias") != "amazon",
            one.get("Name", ""),
        ),
    ):
        yield one["ImageId"], f"{one.get('Name') or one['ImageId']} ({one.get('Architecture', '')})"


def launch_fields(account: Account, at: At) -> tuple[Any, ...]:
    """Return what is asked of a new instance, and of a launch template."""
    found = tuple(images(account))
    return (
        Choice(
            "ImageId",
            "Image",
            found,
            initial=found[0][0] if found else "",
            required=True,
            help="What is on its disk at first boot.",
        ),
        Text("InstanceType", "Type", initial="t3.micro", options=TYPES, required=True),
        Pick("KeyName", "Key pair", kind="ec2:key-pair", by="name", help="For SSH. Empty: nobody signs in that way."),
        Picks("groups", "Security groups", kind="ec2:security-group", help="Empty: the VPC's default group."),
        Pick(
            "profile",
            "Instance profile",
            kind="iam:profile",
            by="name",
            help="The role that programs on it have: no keys in files.",
        ),
        Text(
            "UserData",
            "User data",
            long=True,
            placeholder=WEB,
            help="Runs as root at first boot. The first line begins with #!.",
        ),
        Switch(
            "imdsv2",
            "IMDSv2 only",
            initial=True,
            help="A web page that can be tricked into asking does not get the role's keys.",
        ),
    )


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    return (
        Text("Name", "Name"),
        *launch_fields(account, at),
        Pick("SubnetId", "Subnet", kind="ec2:subnet", help="Empty: one of the default VPC."),
        Choice("public", "Public address", (("", "as the subnet says"), ("yes", "yes"), ("no", "no"))),
        Number("count", "How many", initial=1, least=1, most=20, required=True),
        Switch("spot", "As a Spot Instance", help="For much less, and it can be taken away at two minutes' notice."),
        Switch("Monitoring", "Detailed monitoring", help="Metrics each minute in place of every five."),
        Switch("DisableApiTermination", "Termination protection"),
        Number("size", "Root volume", least=1, unit="GiB", help="Empty: as the image says."),
        Choice("disk", "of type", DISKS, initial="gp3", when=if_on("encrypted")),
        Switch("encrypted", "Encrypt the root volume"),
        Pairs("tags", "More tags"),
    )


def _launch(v: Values, at: At) -> Iterator[Call]:
    network: dict[str, Any] = given(SecurityGroupIds=v["groups"], SubnetId=v["SubnetId"])
    if v["public"]:  # an address is asked for at the network interface, and then all of the network is
        interface = given(DeviceIndex=0, SubnetId=v["SubnetId"], Groups=v["groups"])
        network = {"NetworkInterfaces": [{**interface, "AssociatePublicIpAddress": v["public"] == "yes"}]}
    disk = given(
        VolumeSize=v["size"],
        Encrypted=True if v["encrypted"] else None,
        VolumeType=v["disk"] if v["encrypted"] else None,
    )
    yield call(
        "ec2",
        "run_instances",
        ImageId=v["ImageId"],
        InstanceType=v["InstanceType"],
        MinCount=v["count"],
        MaxCount=v["count"],
        KeyName=v["KeyName"],
        IamInstanceProfile=given_or_none(Name=v["profile"]),
        UserData=v["UserData"],
        MetadataOptions={"HttpTokens": "required"} if v["imdsv2"] else None,
        Monitoring={"Enabled": True} if v["Monitoring"] else None,
        DisableApiTermination=True if v["DisableApiTermination"] else None,
        InstanceMarketOptions={"MarketType": "spot"} if v["spot"] else None,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}] if disk else None,
        TagSpecifications=tagged("instance", v["tags"], v["Name"]),
        **network,
    )


def _ids(operation: str, **more: Any) -> Any:
    return lambda v, at: [call("ec2", operation, InstanceIds=[at.thing.id], **more)]


def _is(*states: str) -> Any:
    return lambda it: bool(it.data) and it.data["State"]["Name"] in states


def _attribute(name: str, value: Any) -> Any:
    return lambda v, at: [call("ec2", "modify_instance_attribute", InstanceId=at.thing.id, **{name: value(v)})]


def _profile(v: Values, at: At) -> Iterator[Call]:
    worn = at.thing.data["Associations"]
    if v["profile"] is None:
        for one in worn:
            yield call("ec2", "disassociate_iam_instance_profile", AssociationId=one["AssociationId"])
    elif worn:
        where = {"AssociationId": worn[0]["AssociationId"], "IamInstanceProfile": {"Name": v["profile"]}}
        yield call("ec2", "replace_iam_instance_profile_association", **where)
    else:
        yield call(
            "ec2", "associate_iam_instance_profile", InstanceId=at.thing.id, IamInstanceProfile={"Name": v["profile"]}
        )


def _create_image(v: Values, at: At) -> Iterator[Call]:
    reboot = True if not v["reboot"] else None
    yield call(
        "ec2", "create_image", InstanceId=at.thing.id, Name=v["Name"], Description=v["Description"], NoReboot=reboot
    )


INSTANCE = Kind(
    "instance",
    "Instance",
    "Instances",
    things,
    detail=_detail,
    empty=(
        "An instance is a server. It has a type (how much CPU and memory), "
        "an image, security groups, and stands in a subnet."
    ),
    command=(
        "aws ec2 run-instances --image-id "
        "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro"
    ),
    actions=(
        Action("run", "Launch instances", _launch, _fields, new=True, verb="Launch"),
        Action(
            "stop",
            "Stop",
            _ids("stop_instances"),
            danger="Stop it? Its disks stay, its public address goes.",
            verb="Stop",
            when=_is("running", "pending"),
        ),
        Action("start", "Start", _ids("start_instances"), verb="Start", when=_is("stopped", "stopping")),
        Action("reboot", "Reboot", _ids("reboot_instances"), verb="Reboot", when=_is("running")),
        Action(
            "groups",
            "Change security groups",
            _attribute("Groups", lambda v: v["groups"]),
            (Picks("groups", "Security groups", kind="ec2:security-group", required=True),),
            lambda account, at: {"groups": [one["GroupId"] for one in at.thing.data.get("SecurityGroups", [])]},
        ),
        Action(
            "profile",
            "Change instance profile",
            _profile,
            (Pick("profile", "Instance profile", kind="iam:profile", by="name", help="Empty: none."),),
            lambda account, at: {
                "profile": next((tail(one["IamInstanceProfile"]["Arn"]) for one in at.thing.data["Associations"]), "")
            },
        ),
        Action(
            "metadata",
            "Edit instance metadata",
            lambda v, at: [
                call(
                    "ec2",
                    "modify_instance_metadata_options",
                    InstanceId=at.thing.id,
                    HttpTokens=v["HttpTokens"],
                    HttpEndpoint="enabled",
                )
            ],
            (
                Choice(
                    "HttpTokens",
                    "Asked with",
                    (("required", "a session token (IMDSv2 only)"), ("optional", "or without one (IMDSv1 too)")),
                    required=True,
                ),
            ),
            lambda account, at: {"HttpTokens": at.thing.data.get("MetadataOptions", {}).get("HttpTokens", "optional")},
        ),
        Action(
            "type",
            "Change type",
            _attribute("InstanceType", lambda v: {"Value": v["InstanceType"]}),
            (Text("InstanceType", "Type", options=TYPES, required=True),),
            lambda account, at: {"InstanceType": at.thing.data.get("InstanceType", "")},
            when=_is("stopped"),
            about="Only while it is stopped.",
        ),
        Action(
            "protection",
            "Edit termination protection",
            _attribute("DisableApiTermination", lambda v: {"Value": v["on"]}),
            (Switch("on", "Refuse to terminate it"),),
            lambda account, at: {"on": at.thing.data["Protected"]},
        ),
        Action(
            "user-data",
            "Edit user data",
            _attribute("UserData", lambda v: {"Value": (v["UserData"] or "").encode()}),
            (Text("UserData", "User data", long=True),),
            lambda account, at: {"UserData": at.thing.data["UserData"]},
            when=_is("stopped"),
            about="Only while it is stopped. It ran at first boot and does not run again by itself.",
        ),
        Action(
            "monitor", "Turn detailed monitoring on", _ids("monitor_instances"), verb="Turn on", when=_is("running")
        ),
        Action(
            "image",
            "Create image",
            _create_image,
            (
                Text("Name", "Name", required=True),
                Text("Description", "Description"),
                Switch("reboot", "Reboot first", initial=True, help="So that the disks hold together."),
            ),
            when=_is("running", "stopped"),
        ),
        TAGS,
        Action(
            "terminate",
            "Terminate",
            _ids("terminate_instances"),
            danger="Terminate it for good? Volumes that go with it are deleted.",
            verb="Terminate",
            when=_is("running", "stopped", "pending", "stopping"),
        ),
    ),
)
