import functools
import json

import pytest

IMAGE = "ami-12c6146b"
ALL = "0.0.0.0/0"


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


def named(kind, name, **tags):
    tags = {"Name": name, **tags}
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


class Net:
    """app-vpc 10.0.0.0/16, made call by call; `ids` by name. Subnets "public-a", "private-b" end in their zone."""

    def __init__(self, account, name="app-vpc", cidr="10.0.0.0/16"):
        self.account, self.ec2, self.elb = account, account.client("ec2"), account.client("elbv2")
        self.ids, self.net = {}, cidr.rsplit(".", 2)[0]
        made = self.ec2.create_vpc(CidrBlock=cidr, TagSpecifications=named("vpc", name))
        self.vpc = self.ids[name] = made["Vpc"]["VpcId"]

    def subnet(self, name, *, public=None, zone=None, cidr=None):
        """Numbered in order; `public` (or a name that begins so) associates it with the table of the gateway."""
        number = sum(one.startswith("subnet-") for one in self.ids.values()) + 1
        made = self.ec2.create_subnet(
            VpcId=self.vpc,
            CidrBlock=cidr or f"{self.net}.{number}.0/24",
            AvailabilityZone=f"us-east-1{zone or name[-1]}",
            TagSpecifications=named("subnet", name),
        )
        self.ids[name] = made["Subnet"]["SubnetId"]
        if name.startswith("public") if public is None else public:
            self.ec2.associate_route_table(RouteTableId=self.public_table, SubnetId=self.ids[name])
        return self.ids[name]

    @functools.cached_property
    def gateway(self):
        made = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=self.vpc)
        return made

    @functools.cached_property
    def public_table(self):
        return self.table("public", GatewayId=self.gateway)

    def table(self, name, *subnets, cidr=ALL, **route):
        made = self.ec2.create_route_table(VpcId=self.vpc, TagSpecifications=named("route-table", name))
        table = self.ids[f"table {name}"] = made["RouteTable"]["RouteTableId"]
        if route:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, **route)
        for one in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=self.ids[one])
        return table

    def nat(self, subnet, *, private=False):
        options = {"ConnectivityType": "private"} if private else {"AllocationId": self.address()}
        return self.ec2.create_nat_gateway(SubnetId=self.ids[subnet], **options)["NatGateway"]["NatGatewayId"]

    def address(self):
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def group(self, name, *permissions):
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        self.ids[name] = made
        if permissions:
            self.let_in(name, *permissions)
        return made

    def let_in(self, name, *permissions):
        self.ec2.authorize_security_group_ingress(GroupId=self.ids[name], IpPermissions=list(permissions))

    def instance(self, name, subnet, *groups, public=False, kind="t3.micro", image=IMAGE, tags=None, **options):
        """`public`: with an address of its own. Groups by name."""
        made = self.ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            InstanceType=kind,
            NetworkInterfaces=[
                {
                    "DeviceIndex": 0,
                    "SubnetId": self.ids[subnet],
                    "Groups": [self.ids[one] for one in groups],
                    "AssociatePublicIpAddress": public,
                }
            ],
            TagSpecifications=named("instance", name, **(tags or {})),
            **options,
        )
        self.ids[name] = made["Instances"][0]["InstanceId"]
        return self.ids[name]

    def acl(self, *subnets, name="custom"):
        """A network ACL without an entry, put in the place of the subnets' own."""
        made = self.ec2.create_network_acl(VpcId=self.vpc, TagSpecifications=named("network-acl", name))
        acl = made["NetworkAcl"]["NetworkAclId"]
        for subnet in subnets:
            held = self.ec2.describe_network_acls(
                Filters=[{"Name": "association.subnet-id", "Values": [self.ids[subnet]]}]
            )["NetworkAcls"][0]["Associations"]
            link = next(one for one in held if one["SubnetId"] == self.ids[subnet])["NetworkAclAssociationId"]
            self.ec2.replace_network_acl_association(AssociationId=link, NetworkAclId=acl)
        return acl

    def default_acl(self):
        found = self.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["NetworkAcls"]
        return found[0]["NetworkAclId"]

    def entry(self, acl, number, *ports, allow=True, egress=False, cidr=ALL, protocol="6"):
        """`ports`: low and high; none: every protocol."""
        options = {"PortRange": {"From": ports[0], "To": ports[-1]}} if ports else {}
        self.ec2.create_network_acl_entry(
            NetworkAclId=acl,
            RuleNumber=number,
            Protocol=protocol if ports else "-1",
            RuleAction="allow" if allow else "deny",
            Egress=egress,
            CidrBlock=cidr,
            **options,
        )


@pytest.fixture
def net(account):
    return Net(account)


@pytest.fixture
def make_role(account):
    """`make_role("AppRole", "ssm:*", profile="web")`: a role with those actions on *, in a profile of its name."""
    iam = account.client("iam")

    def make_role(name, *actions, service="ec2.amazonaws.com", profile=None):
        trust = [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
        )
        if actions:
            grant = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
            document = json.dumps({"Version": "2012-10-17", "Statement": grant})
            iam.put_role_policy(RoleName=name, PolicyName="grant", PolicyDocument=document)
        profile = name if profile is None else profile
        if profile:
            iam.create_instance_profile(InstanceProfileName=profile)
            iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=name)

    return make_role


@pytest.fixture
def wear():
    def wear(net, instance, profile):
        net.ec2.associate_iam_instance_profile(InstanceId=net.ids[instance], IamInstanceProfile={"Name": profile})

    return wear
