"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html#security-group-basics"""

from graders import Account, Fail, check, networks
from graders.network import read_groups
from graders.network.groups import PERMISSIONS


@check(permissions=[*PERMISSIONS, "ec2:DescribeVpcs"])
def group_in_vpc(account: Account, *, group: str, vpc: str) -> None:
    """The security group {group} belongs to the VPC {vpc}.

    Only what lies in the same VPC can wear it.
    """
    wanted = networks.the(account, networks.VPC, vpc)["VpcId"]
    found = read_groups(account).named(group)
    if found.vpc != wanted:
        raise Fail(
            "The security group {group} belongs to {other}, not to {vpc}.",
            looked_at="the VPC of {group} ({id})",
            needed="The group belongs to {vpc}: only what lies in a group's VPC can wear it.",
            try_="aws ec2 create-security-group --group-name {group} --vpc-id {wanted} …",
            counterexample="No instance in {vpc} can wear {id}.",
            group=group,
            id=found.id,
            other=found.vpc or "no VPC",
            vpc=vpc,
            wanted=wanted,
        )
