"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-launch-template-versions.html"""

import re
from collections.abc import Iterator
from typing import Any

from graders import Account, Fail, check, instances, networks, regexes
from graders.network import read_groups
from graders.regexes import Pattern


@check(
    permissions=[
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeSecurityGroups",
        "ec2:GetManagedPrefixListEntries",
    ]
)
def launch_template_makes(
    account: Account,
    *,
    template: str,
    version: str = "$Default",
    types: list[str] | None = None,
    image: str = "",
    key: str = "",
    profile: str = "",
    groups: list[str] | None = None,
    contains: list[Pattern] | None = None,
    imdsv2: bool = False,
    public: bool | None = None,
) -> None:
    """The launch template {template} makes instances as the task describes them.

    The version that counts ($Default, $Latest or a number), and of it each parameter that is set: `types` any of,
    `profile` by name, `groups` by name or id (on the instance or its interface), regular expressions that the user data
    `contains`, `imdsv2` required, `public` addresses or none.
    """
    found = networks.the(account, networks.TEMPLATE, template)
    answer = account.read("ec2", "describe_launch_template_versions", LaunchTemplateId=found["LaunchTemplateId"])
    versions = answer.get("LaunchTemplateVersions", [])
    numbers = {"$Default": found["DefaultVersionNumber"], "$Latest": found["LatestVersionNumber"]}
    number = int(numbers.get(version, version if version.isdigit() else 0))

    def wrongs(data: dict[str, Any]) -> list[tuple[str, str, str]]:
        return list(
            _wrongs(account, data, types or [], image, key, profile, groups or [], contains or [], imdsv2, public)
        )

    used = next((one for one in versions if one["VersionNumber"] == number), None)
    wrong = wrongs(used["LaunchTemplateData"]) if used else [("version", "missing", str(version))]
    if not wrong:
        return
    right = next((one["VersionNumber"] for one in versions if not wrongs(one["LaunchTemplateData"])), None)
    what, has, wanted = wrong[0]
    raise Fail(
        "In {template}, the {what} is {has}, not {wanted}.{near}",
        looked_at="version {number} ({version}) of {template}: what does not fit is its {listed}",
        needed="The {what} is {wanted}.",
        try_="aws ec2 create-launch-template-version --source-version {number} …, "
        "then modify-launch-template --default-version",
        counterexample="An instance that {template} launches now has the {what} {has}.",
        template=template,
        version=version,
        number=number,
        what=what,
        has=has or "not set",
        wanted=wanted,
        listed=[one[0] for one in wrong],
        near=f" Version {right} is right, and is not the one that counts ({version})." if right else "",
    )


def _wrongs(
    account: Account,
    data: dict[str, Any],
    types: list[str],
    image: str,
    key: str,
    profile: str,
    groups: list[str],
    contains: list[Pattern],
    imdsv2: bool,
    public: bool | None,
) -> Iterator[tuple[str, str, str]]:
    interface: dict[str, Any] = next(iter(data.get("NetworkInterfaces", [])), {})
    if types and data.get("InstanceType") not in types:
        yield "instance type", data.get("InstanceType", ""), " or ".join(types)
    for what, field, wanted in (("AMI", "ImageId", image), ("key pair", "KeyName", key)):
        if wanted and data.get(field) != wanted:
            yield what, data.get(field, ""), wanted
    wears = data.get("IamInstanceProfile", {})
    worn = str(wears.get("Name") or wears.get("Arn", "").rpartition("/")[2])
    if profile and worn != profile:
        yield "instance profile", worn, profile
    named = read_groups(account).by_id
    ids = [*data.get("SecurityGroupIds", []), *interface.get("Groups", [])]
    has = {*ids, *(named[one].name for one in ids if one in named), *data.get("SecurityGroups", [])}
    for group in groups:
        if group not in has:
            yield "list of security groups", ", ".join(named[one].name for one in ids if one in named), group
    text = instances.plain_user_data(data.get("UserData", ""))
    missing = [one for one in contains if not regexes.search(one, text, re.IGNORECASE)]
    if contains and (missing or not text.startswith("#")):
        yield "user data", f"{len(text)} characters without {', '.join(missing) or '#! in front'}", "complete"
    tokens = data.get("MetadataOptions", {}).get("HttpTokens", "optional")
    if imdsv2 and tokens != "required":
        yield "metadata option HttpTokens", tokens, "required"
    if public is not None and bool(interface.get("AssociatePublicIpAddress")) != public:
        yield "public address", "given" if not public else "left to the subnet", "given" if public else "not given"
