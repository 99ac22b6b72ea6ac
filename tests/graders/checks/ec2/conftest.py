import pytest


@pytest.fixture
def vpc(account):
    """A VPC 10.20.0.0/16 with the groups web and db: `vpc.let_in("web", …permissions)`."""
    ec2 = account.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]

    class Vpc:
        client = ec2
        ids: dict[str, str] = {}

        def group(self, name):
            self.ids[name] = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc_id)["GroupId"]

        def let_in(self, name, *permissions):
            ec2.authorize_security_group_ingress(GroupId=self.ids[name], IpPermissions=list(permissions))

    made = Vpc()
    made.group("web")
    made.group("db")
    return made


def rule(low, high=None, *cidrs, protocol="tcp", v6=(), group=None, prefix_list=None):
    """One IpPermission."""
    found = {
        "IpProtocol": protocol,
        "IpRanges": [{"CidrIp": one} for one in cidrs],
        "Ipv6Ranges": [{"CidrIpv6": one} for one in v6],
        "UserIdGroupPairs": [{"GroupId": group}] if group else [],
        "PrefixListIds": [{"PrefixListId": prefix_list}] if prefix_list else [],
    }
    return found if protocol == "-1" else found | {"FromPort": low, "ToPort": high or low}
