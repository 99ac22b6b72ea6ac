"""https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-prerequisites.html"""

from graders import Account, Fail, check, instances, networks
from graders.iam import Policies, Principal, Request, can_assume, decide
from graders.iam.snapshot import PERMISSIONS as IAM
from graders.iam.snapshot import Actor
from graders.iam.snapshot import snapshot as people
from graders.network import snapshot

# What the agent calls to be managed and to open sessions; the ec2messages calls are for old agents.
CALLS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
SERVICES = ("ssm", "ssmmessages")


@check(permissions=[*networks.PERMISSIONS, *instances.ROLE_PERMISSIONS, *IAM])
def instance_manageable_by_ssm(account: Account, *, instance: str) -> None:
    """Systems Manager can manage {instance}: a session can be opened without SSH.

    It runs, wears a role that EC2 may become and that allows the agent's calls (by AmazonSSMManagedInstanceCore or any
    other policy), and it reaches ssm and ssmmessages on 443: over the internet, NAT or interface endpoints.
    """
    found = instances.running(account, instance)
    values = {"instance": instance, "id": found["InstanceId"]}
    if why := _role_lacks(account, found["InstanceId"]):
        raise Fail(
            "The agent on {instance} may not register: {why}.",
            looked_at="the role that {instance} ({id}) wears, and its policies",
            needed="A role for EC2 that allows what AmazonSSMManagedInstanceCore allows.",
            try_="aws iam attach-role-policy --policy-arn arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore …",
            counterexample="aws ssm start-session --target {id} fails.",
            why=why,
            **values,
        )
    world = snapshot(account)
    for service in SERVICES:
        path = networks.path(world, found["InstanceId"], f"com.amazonaws.{account.region}.{service}", 443)
        if path.reachable:
            continue
        raise Fail(
            "{instance} does not reach {service} on tcp 443: {why}{near}",
            looked_at="the way out of {instance} ({id}): NAT, internet gateway, or interface endpoints",
            needed="A way from {instance} to {service}: a NAT gateway, or an interface endpoint that admits 443.",
            try_="Mend what is named first, then check again.",
            counterexample="The agent on {instance} calls {service}, and nobody answers.",
            service=service,
            why=networks.said(account, path.explanation),
            near=_near_miss(account, found["VpcId"], service),
            **values,
        )


def _role_lacks(account: Account, instance: str) -> str:
    profile, name = instances.role_of(account, instance)
    if not name:
        return f"its profile {profile} holds no role" if profile else "it wears no instance profile"
    role = people(account).role(name)
    service = Actor(Principal("service", service="ec2.amazonaws.com"))
    if role is None or not can_assume(service, role).allowed:
        return f"the trust policy of the role {name} does not let EC2 become it"
    policies = Policies(account.account_id, role.identity, boundary=role.boundary)
    for action in CALLS:
        resource = f"arn:aws:ec2:{account.region}:{account.account_id}:instance/{instance}"
        answers = [decide(Request(role.principal, action, one), policies) for one in ("*", resource)]
        if not any(one.allowed for one in answers):
            return f"the role {name} lacks {action}"
    return ""


def _near_miss(account: Account, vpc: str, service: str) -> str:
    own = {one.service.rpartition(".")[2] for one in snapshot(account).endpoints.values() if one.vpc == vpc}
    if own & set(SERVICES) and service not in own:
        return f" There is an endpoint for {', '.join(sorted(own & set(SERVICES)))}, and none for {service}."
    return ""
