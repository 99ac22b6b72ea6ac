"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html"""

from typing import Any

from graders import Account, Fail, check, identities, nearby
from graders.account import read_or_none
from graders.iam.assume import trust_policies
from graders.iam.decide import Policies, Request, decide
from graders.iam.principals import Principal

ALIVE = ("pending", "running", "stopping", "stopped")


@check(
    permissions=(
        *identities.PEOPLE,
        "iam:GetInstanceProfile",
        "ec2:DescribeInstances",
        "ec2:DescribeIamInstanceProfileAssociations",
    )
)
def instance_has_role(account: Account, *, instance: str, role: str) -> None:
    """The instance {instance} runs as the role {role}.

    `instance`: its id or its Name tag. It is associated, now, with an instance profile that holds the role, however the
    profile is named; and the role trusts EC2. A profile in a launch template, or without a role, is not enough.
    """
    found = _instance(account, instance)
    known = identities.the_role(account, role)
    associations = account.read("ec2", "describe_iam_instance_profile_associations").get(
        "IamInstanceProfileAssociations", []
    )
    held = [one for one in associations if one["InstanceId"] == found["InstanceId"]]
    held = [one for one in held if one["State"] in ("associating", "associated")]
    if not held:
        others = [one["InstanceProfileName"] for one in known.item.get("InstanceProfileList", [])]
        hint = f" The profile {others[0]} holds the role, and is not associated with it." if others else ""
        raise _fail(instance, known.name, "The instance {instance} has no instance profile.{hint}", hint=hint)
    name = held[0]["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    profile = read_or_none(account, "NoSuchEntity", "iam", "get_instance_profile", InstanceProfileName=name)
    roles = [one["RoleName"] for one in profile["InstanceProfile"]["Roles"]] if profile else []
    if not roles:
        said = "The profile {profile} of {instance} holds no role." if profile else "Its profile {profile} is gone."
        raise _fail(instance, known.name, said, profile=name)
    if known.name not in roles:
        said = "The profile {profile} of {instance} holds the role {other}, not {role}."
        raise _fail(instance, known.name, said, profile=name, other=roles[0])
    caller = Principal("service", service="ec2.amazonaws.com")
    policies = Policies(account.account_id, resource=trust_policies(known.actor), resource_decides=True)
    if not decide(Request(caller, "sts:AssumeRole", known.item["Arn"]), policies).allowed:
        raise _fail(
            instance,
            known.name,
            "{instance} wears the role {role}, but the role does not trust ec2.amazonaws.com: it gets no credentials.",
        )


def _instance(account: Account, wanted: str) -> dict[str, Any]:
    """By id or by Name; one that lives."""
    pages = account.read("ec2", "describe_instances").get("Reservations", [])
    every: list[dict[str, Any]] = [one for page in pages for one in page["Instances"]]
    every = [one for one in every if one["State"]["Name"] in ALIVE]
    found = [one for one in every if wanted in (one["InstanceId"], _name(one))]
    if found:
        return found[0]
    raise Fail(
        "The instance {instance} does not exist.{hint}",
        looked_at="the instances in {region}",
        needed="An instance named {instance} that is not terminated.",
        try_="aws ec2 describe-instances shows ids and Name tags.",
        instance=wanted,
        region=account.region,
        hint=nearby.almost(wanted, map(_name, every)),
    )


def _name(instance: dict[str, Any]) -> str:
    return next((str(one["Value"]) for one in instance.get("Tags", []) if one["Key"] == "Name"), "")


def _fail(instance: str, role: str, found: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the instance profile of {instance}, its role and the role's trust",
        needed="{instance} is associated with a profile that holds {role}, and {role} trusts ec2.amazonaws.com.",
        try_="aws ec2 associate-iam-instance-profile (or replace-…-association) with a profile that holds the role.",
        counterexample="A program on {instance} asks for credentials of {role} and gets none.",
        **{"instance": instance, "role": role, **values},
    )
