"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html"""

from graders import Account, Fail, check, instances, networks


@check(permissions=[*instances.PERMISSIONS, "ec2:DescribeLaunchTemplates"])
def instances_require_imdsv2(account: Account, *, names: list[str]) -> None:
    """The metadata of {names} is given to tokens only (IMDSv2).

    Every instance of these names that is not terminated: HttpTokens required and in force, or the metadata endpoint
    switched off. What a launch template says does not change instances that are there.
    """
    for name in names:
        for one in instances.the_instances(account, name):
            options = one.get("MetadataOptions", {})
            off = options.get("HttpEndpoint") == "disabled"
            if off or (options.get("HttpTokens") == "required" and options.get("State", "applied") == "applied"):
                continue
            pending = options.get("HttpTokens") == "required"
            raise Fail(
                "The change of the metadata options of {name} ({id}) is pending."
                if pending
                else "{name} ({id}) still answers IMDSv1: HttpTokens is {tokens}.{near}",
                looked_at="the metadata options of every instance named {name}",
                needed="HttpTokens is required, or HttpEndpoint disabled.",
                try_="aws ec2 modify-instance-metadata-options --instance-id {id} --http-tokens required",
                counterexample=""
                if pending
                else "On {name}, curl http://169.254.169.254/latest/meta-data/ answers without a token.",
                name=name,
                id=one["InstanceId"],
                tokens=options.get("HttpTokens", "optional"),
                near=_near_miss(one.get("Tags", []), networks.listed(account, networks.TEMPLATE)),
            )


def _near_miss(tags: list[dict[str, str]], templates: list[dict[str, object]]) -> str:
    made_by = {one["Key"]: one["Value"] for one in tags}.get("aws:ec2launchtemplate:id")
    if made_by and any(one["LaunchTemplateId"] == made_by for one in templates):
        return " Its launch template counts for instances to come only."
    return ""
