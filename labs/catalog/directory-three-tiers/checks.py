"""What this lab alone asks."""

from graders import Account, Fail, check


@check(permissions=["ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"])
def group_lies_in(account: Account, *, group: str, vpc: str) -> None:
    """The security group {group} belongs to the VPC {vpc}."""
    named = [{"Name": "tag:Name", "Values": [vpc]}]
    wanted = {one["VpcId"] for one in account.read("ec2", "describe_vpcs", Filters=named)["Vpcs"]}
    named = [{"Name": "group-name", "Values": [group]}]
    found = {one["VpcId"] for one in account.read("ec2", "describe_security_groups", Filters=named)["SecurityGroups"]}
    if not found:
        raise Fail("There is no security group {group}.", group=group, needed="A group of that name, in the VPC.")
    if not found <= wanted:
        raise Fail(
            "The security group {group} lies in {others}, and not in {vpc}.",
            needed="Only what lies in the same VPC can wear a group.",
            try_="aws ec2 create-security-group --vpc-id …",
            group=group,
            others=", ".join(sorted(found - wanted)),
            vpc=vpc,
        )
