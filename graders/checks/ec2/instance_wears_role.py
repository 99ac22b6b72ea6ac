"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html"""

from graders import Account, Fail, check, instances
from graders.account import read_or_none
from graders.iam import Principal, can_assume
from graders.iam.snapshot import PERMISSIONS as IAM
from graders.iam.snapshot import Actor, snapshot


@check(permissions=[*instances.ROLE_PERMISSIONS, *IAM])
def instance_wears_role(account: Account, *, instance: str, role: str) -> None:
    """What runs on {instance} has the rights of the role {role}.

    The instance is associated with a profile, of whatever name, that holds the role, and EC2 may become the role.
    """
    found = instances.the_instance(account, instance)
    values = {"instance": instance, "id": found["InstanceId"], "role": role}
    profile, worn = instances.role_of(account, found["InstanceId"])
    if worn != role:
        said = "{instance} wears the role {worn}, not {role}." if worn else "The profile {profile} holds no role."
        raise Fail(
            said if profile else "{instance} wears no instance profile.{near}",
            looked_at="the instance profile that is associated with {instance} ({id})",
            needed="A profile that holds the role {role}.",
            try_="aws ec2 associate-iam-instance-profile (or replace-iam-instance-profile-association) …",
            counterexample="On {instance}, aws sts get-caller-identity does not name {role}.",
            profile=profile,
            worn=worn,
            near=_near_miss(account, role),
            **values,
        )
    actor = snapshot(account).role(role)
    service = Actor(Principal("service", service="ec2.amazonaws.com"))
    if actor is None or not can_assume(service, actor).allowed:
        raise Fail(
            "The trust policy of the role {role} does not let EC2 become it.",
            looked_at="the trust policy of {role}, which {instance} ({id}) wears",
            needed="ec2.amazonaws.com may sts:AssumeRole the role {role}.",
            try_="aws iam update-assume-role-policy --role-name {role} …",
            counterexample="On {instance}, no credentials are to be had.",
            **values,
        )


def _near_miss(account: Account, role: str) -> str:
    """A profile that is ready, and not worn."""
    profile = read_or_none(account, "NoSuchEntity", "iam", "get_instance_profile", InstanceProfileName=role)
    if profile and any(one["RoleName"] == role for one in profile["InstanceProfile"].get("Roles", [])):
        return f" The profile {role} holds the role, and is not associated with it."
    if snapshot(account).role(role) is not None:
        return f" The role {role} is there; an instance wears a profile that holds it."
    return ""
