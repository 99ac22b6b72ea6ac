"""Launch templates: what an Auto Scaling group starts, in numbered versions."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Kind,
    Link,
    Pairs,
    Part,
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
from labs.explorer.saying import given, unpacked
from labs.explorer.services.ec2.common import TAGS, tagged, thing
from labs.explorer.services.ec2.instances import launch_fields


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_launch_templates").get("LaunchTemplates", []):
        facts = (
            Fact("Latest version", str(one.get("LatestVersionNumber", ""))),
            Fact("Default version", str(one.get("DefaultVersionNumber", ""))),
        )
        yield replace(thing(one["LaunchTemplateId"], one, *facts), name=one["LaunchTemplateName"])


def _versions(account: Account, id: str) -> list[dict[str, Any]]:
    answer = ask(account, "ec2", "describe_launch_template_versions", LaunchTemplateId=id)
    return sorted(answer.get("LaunchTemplateVersions", []), key=lambda one: -int(one["VersionNumber"]))


def _look(account: Account, it: Thing) -> Thing:
    newest = next(iter(_versions(account, it.id)), {}).get("LaunchTemplateData", {})
    tokens = newest.get("MetadataOptions", {}).get("HttpTokens", "optional")
    facts = (
        *it.facts,
        Fact("Type", newest.get("InstanceType", "not set")),
        Fact("IMDSv2 only", "yes" if tokens == "required" else "no", "good" if tokens == "required" else "bad"),
    )
    return replace(it, facts=facts, data={**it.data, "Newest": newest})


def _detail(account: Account, it: Thing) -> Thing:
    rows = []
    for one in _versions(account, it.id):
        data = one.get("LaunchTemplateData", {})
        says = [
            data.get("ImageId", ""),
            data.get("InstanceType", ""),
            data.get("IamInstanceProfile", {}).get("Name", ""),
        ]
        state = "default" if one.get("DefaultVersion") else ""
        rows.append(
            Row(
                str(one["VersionNumber"]),
                (str(one["VersionNumber"]), state, ", ".join(filter(None, says)), one.get("VersionDescription", "")),
                data=data,
            )
        )
    newest = it.data["Newest"]
    script = unpacked(newest.get("UserData", ""))
    facts = (
        *it.facts,
        Fact("Image", newest.get("ImageId", "not set")),
        Fact("Key pair", newest.get("KeyName", "none")),
        Fact("Profile", newest.get("IamInstanceProfile", {}).get("Name", "none")),
        Fact("User data", script or "none"),
    )
    links = tuple(Link("ec2:security-group", group, "Its instances wear") for group in _groups(newest))
    part = Part("versions", "Versions", ("Version", "", "Launches", "About"), tuple(rows))
    return replace(it, properties=facts, parts=(part,), links=links)


def _groups(data: dict[str, Any]) -> list[str]:
    of_cards = [group for card in data.get("NetworkInterfaces", []) for group in card.get("Groups", [])]
    return list(data.get("SecurityGroupIds", [])) or of_cards


def _data(v: Values) -> dict[str, Any]:
    script = base64.b64encode(v["UserData"].encode()).decode() if v["UserData"] else None
    return given(
        ImageId=v["ImageId"],
        InstanceType=v["InstanceType"],
        KeyName=v["KeyName"],
        SecurityGroupIds=v["groups"],
        IamInstanceProfile={"Name": v["profile"]} if v["profile"] else None,
        UserData=script,
        MetadataOptions={"HttpTokens": "required"} if v["imdsv2"] else None,
        Monitoring={"Enabled": True} if v["monitor"] else None,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tag_list(v["instance_tags"])}]
        if v["instance_tags"]
        else None,
    )


def _more() -> tuple[Any, ...]:
    return (
        Switch("monitor", "Detailed monitoring"),
        Pairs("instance_tags", "Tags of the instances"),
        Text("VersionDescription", "About this version"),
    )


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    return (
        Text("LaunchTemplateName", "Name", required=True),
        *launch_fields(account, at),
        *_more(),
        Pairs("tags", "Tags of the template"),
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ec2",
        "create_launch_template",
        LaunchTemplateName=v["LaunchTemplateName"],
        VersionDescription=v["VersionDescription"],
        LaunchTemplateData=_data(v),
        TagSpecifications=tagged("launch-template", v["tags"]),
    )


def _version(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ec2",
        "create_launch_template_version",
        LaunchTemplateId=at.thing.id,
        VersionDescription=v["VersionDescription"],
        LaunchTemplateData=_data(v),
    )


def _now(account: Account, at: At) -> Values:
    data = at.thing.data["Newest"]
    tags = [
        each
        for one in data.get("TagSpecifications", [])
        if one.get("ResourceType") == "instance"
        for each in one.get("Tags", [])
    ]
    return {
        "ImageId": data.get("ImageId", ""),
        "InstanceType": data.get("InstanceType", ""),
        "KeyName": data.get("KeyName", ""),
        "groups": _groups(data),
        "profile": data.get("IamInstanceProfile", {}).get("Name", ""),
        "imdsv2": data.get("MetadataOptions", {}).get("HttpTokens") == "required",
        "UserData": unpacked(data.get("UserData", "")),
        "monitor": bool(data.get("Monitoring", {}).get("Enabled")),
        "instance_tags": {one["Key"]: one["Value"] for one in tags},
    }


TEMPLATE = Kind(
    "launch-template",
    "Launch template",
    "Launch templates",
    things,
    look=_look,
    detail=_detail,
    empty="A launch template says what an instance is to be like, so that many can be made alike. A change is a new version.",
    command='aws ec2 create-launch-template --launch-template-name web --launch-template-data \'{"InstanceType":"t3.micro"}\'',
    actions=(
        Action("create", "Create launch template", _create, _fields, new=True),
        Action(
            "version",
            "Create version",
            _version,
            lambda account, at: (*launch_fields(account, at), *_more()),
            _now,
            part="versions",
        ),
        Action(
            "default",
            "Make default",
            lambda v, at: [
                call("ec2", "modify_launch_template", LaunchTemplateId=at.thing.id, DefaultVersion=at.row.id)
            ],
            part="versions",
            row=True,
            verb="Make default",
        ),
        TAGS,
        delete("ec2.delete_launch_template", "LaunchTemplateId", "Delete the template with all its versions?"),
    ),
)
