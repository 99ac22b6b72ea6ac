"""The same answers over an account in memory, read by describe_*."""

import pytest

from graders.network import UnknownResource, exposed, reachable, snapshot
from graders.network.addresses import Addresses
from tests.graders.conftest import new_account

IMAGE = "ami-12c6146b"


class Lab:
    """A VPC with a public and a private subnet, made call by call."""

    def __init__(self, account):
        self.ec2 = account.client("ec2")
        self.elb = account.client("elbv2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.public = self.subnet("10.0.1.0/24", "us-east-1a")
        self.private = self.subnet("10.0.2.0/24", "us-east-1a")
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)
        self.ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.public)

    def subnet(self, cidr, zone):
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return made["Subnet"]["SubnetId"]

    def group(self, name, *permissions):
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        if permissions:
            self.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=list(permissions))
        return made

    def instance(self, subnet, group, *, public=False):
        made = self.ec2.run_instances(
            ImageId=IMAGE, MinCount=1, MaxCount=1, InstanceType="t3.micro",
            NetworkInterfaces=[
                {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": public}
            ],
        )  # fmt: skip
        return made["Instances"][0]["InstanceId"]


def tcp(port, *, cidr="", group="", prefix_list=""):
    ports = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    if prefix_list:
        return ports | {"PrefixListIds": [{"PrefixListId": prefix_list}]}
    return ports | ({"UserIdGroupPairs": [{"GroupId": group}]} if group else {"IpRanges": [{"CidrIp": cidr}]})


@pytest.fixture
def lab(account):
    return Lab(account)


@pytest.fixture
def ask():
    """Asks with an account that has read nothing yet."""

    def ask(source, target, port, protocol="tcp"):
        return reachable(snapshot(new_account()), source, target, port, protocol)

    return ask


def test_a_public_server_is_reached_until_its_gateway_is_detached(lab, ask):
    web = lab.instance(lab.public, lab.group("web", tcp(22, cidr="0.0.0.0/0")), public=True)
    assert ask("internet", web, 22).for_all
    assert not ask("internet", web, 23).reachable
    lab.ec2.detach_internet_gateway(InternetGatewayId=lab.gateway, VpcId=lab.vpc)
    assert ask("internet", web, 22).codes == ("BAD_STATE_ROUTE",)


def test_a_stopped_server_is_not(lab, ask):
    web = lab.instance(lab.public, lab.group("web", tcp(22, cidr="0.0.0.0/0")), public=True)
    lab.ec2.stop_instances(InstanceIds=[web])
    # Its automatic public address is given back while it is stopped.
    assert ask("internet", web, 22).codes == ("IGW_PUBLIC_IP_ASSOCIATION_FOR_INGRESS", "BAD_STATE")


def test_an_elastic_ip_makes_a_server_public(lab, ask):
    web = lab.instance(lab.public, lab.group("web", tcp(22, cidr="0.0.0.0/0")))
    assert ask("internet", web, 22).codes == ("IGW_PUBLIC_IP_ASSOCIATION_FOR_INGRESS",)
    lab.ec2.associate_address(InstanceId=web, AllocationId=lab.ec2.allocate_address(Domain="vpc")["AllocationId"])
    assert ask("internet", web, 22).for_all


def test_a_group_that_names_itself_reaches_its_members_only(lab, ask):
    club = lab.group("club")
    lab.ec2.authorize_security_group_ingress(GroupId=club, IpPermissions=[tcp(5432, group=club)])
    one, two = lab.instance(lab.public, club), lab.instance(lab.private, club)
    other = lab.instance(lab.private, lab.group("other"))
    assert ask(one, two, 5432).for_all
    assert ask(other, two, 5432).codes == ("ENI_SG_RULES_MISMATCH",)
    lab.ec2.terminate_instances(InstanceIds=[one])
    assert snapshot(new_account()).wearers(club, 4) == Addresses.one(_private(lab, two))


def _private(lab, instance):
    found = lab.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return found["PrivateIpAddress"]


def test_a_prefix_list_counts_as_its_entries(lab, ask):
    made = lab.ec2.create_managed_prefix_list(
        PrefixListName="all", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": "0.0.0.0/1"}, {"Cidr": "128.0.0.0/1"}]
    )["PrefixList"]["PrefixListId"]  # fmt: skip
    web = lab.instance(lab.public, lab.group("web", tcp(22, prefix_list=made)), public=True)
    assert ask("internet", web, 22).for_all


def test_an_acl_entry_with_a_lower_number_wins(lab, ask):
    web = lab.instance(lab.public, lab.group("web", tcp(22, cidr="0.0.0.0/0")), public=True)
    acl = lab.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [lab.vpc]}])["NetworkAcls"][0]
    entry = {
        "NetworkAclId": acl["NetworkAclId"], "Protocol": "6", "RuleAction": "deny", "Egress": False,
        "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22},
    }  # fmt: skip
    lab.ec2.create_network_acl_entry(RuleNumber=110, **entry)
    assert ask("internet", web, 22).for_all
    lab.ec2.create_network_acl_entry(RuleNumber=90, **entry)
    path = ask("internet", web, 22)
    assert path.codes == ("SUBNET_ACL_RESTRICTION",)
    assert "entry 90" in path.blockers[0].why


def test_nat_lets_out_and_nobody_in(lab, ask):
    app = lab.instance(lab.private, lab.group("app", tcp(80, cidr="0.0.0.0/0")))
    assert ask(app, "internet", 443).codes == ("NO_ROUTE_TO_DESTINATION",)
    elastic = lab.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = lab.ec2.create_nat_gateway(SubnetId=lab.public, AllocationId=elastic)["NatGateway"]["NatGatewayId"]
    main = lab.ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [lab.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"][0]["RouteTableId"]
    lab.ec2.create_route(RouteTableId=main, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    out = ask(app, "internet", 443)
    assert out.for_all, str(out)
    assert out.via == (nat,)
    assert not ask("internet", app, 80).reachable
    lab.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert ask(app, "internet", 443).codes == ("BAD_STATE_ROUTE",)


def test_s3_by_a_gateway_endpoint_and_sqs_by_an_interface_endpoint(lab, ask):
    app = lab.instance(lab.private, lab.group("app"))
    main = lab.ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [lab.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"][0]["RouteTableId"]
    s3 = lab.ec2.create_vpc_endpoint(
        VpcId=lab.vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway", RouteTableIds=[main]
    )["VpcEndpoint"]["VpcEndpointId"]
    door = lab.group("door", tcp(443, cidr="10.0.0.0/16"))
    sqs = lab.ec2.create_vpc_endpoint(
        VpcId=lab.vpc, ServiceName="com.amazonaws.us-east-1.sqs", VpcEndpointType="Interface",
        SubnetIds=[lab.private], SecurityGroupIds=[door], PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    assert ask(app, "s3", 443).via == (s3,)
    assert ask(app, "sqs", 443).for_all
    assert ask(app, "sqs", 443).via == (sqs,)
    lab.ec2.revoke_security_group_ingress(GroupId=door, IpPermissions=[tcp(443, cidr="10.0.0.0/16")])
    assert ask(app, "sqs", 443).codes == ("ENI_SG_RULES_MISMATCH",)


def test_peering_needs_acceptance_and_a_route_on_both_sides(lab, ask):
    far = Lab.__new__(Lab)
    far.ec2, far.vpc = lab.ec2, lab.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    there = far.instance(far.subnet("10.1.1.0/24", "us-east-1a"), far.group("far", tcp(443, cidr="10.0.0.0/16")))
    here = lab.instance(lab.public, lab.group("near"))
    pcx = lab.ec2.create_vpc_peering_connection(VpcId=lab.vpc, PeerVpcId=far.vpc)["VpcPeeringConnection"]
    pcx = pcx["VpcPeeringConnectionId"]
    lab.ec2.create_route(RouteTableId=lab.table, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=pcx)
    assert ask(here, there, 443).codes == ("BAD_STATE_ROUTE", "NO_ROUTE_TO_DESTINATION")
    lab.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert ask(here, there, 443).codes == ("NO_ROUTE_TO_DESTINATION",)
    tables = lab.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [far.vpc]}])["RouteTables"]
    lab.ec2.create_route(
        RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="10.0.0.0/16", VpcPeeringConnectionId=pcx
    )
    assert ask(here, there, 443).for_all


def test_a_load_balancer_reaches_its_target_if_the_targets_group_admits_it(lab, ask):
    other = lab.subnet("10.0.3.0/24", "us-east-1b")
    lab.ec2.associate_route_table(RouteTableId=lab.table, SubnetId=other)
    front, app = lab.group("front", tcp(80, cidr="0.0.0.0/0")), lab.group("app")
    server = lab.instance(lab.private, app)
    balancer = lab.elb.create_load_balancer(
        Name="web", Subnets=[lab.public, other], SecurityGroups=[front], Scheme="internet-facing"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    targets = lab.elb.create_target_group(Name="app", Protocol="HTTP", Port=8080, VpcId=lab.vpc)
    targets = targets["TargetGroups"][0]["TargetGroupArn"]
    lab.elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )  # fmt: skip
    assert ask("internet", "web", 80).codes == ("ELBV2_LISTENER_HAS_NO_TG",)
    lab.elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": server}])
    assert ask("internet", "web", 80).codes == ("ENI_SG_RULES_MISMATCH",)
    lab.ec2.authorize_security_group_ingress(GroupId=app, IpPermissions=[tcp(8080, group=front)])
    path = ask("internet", "web", 80)
    assert path.for_all, str(path)
    assert path.via == (lab.gateway, balancer)
    assert ask("internet", server, 8080).reachable


def test_the_surface_of_the_account(lab):
    web = lab.group("web", tcp(22, cidr="0.0.0.0/0"), tcp(3306, cidr="10.0.0.0/8"))
    server = lab.instance(lab.public, web, public=True)
    lab.instance(lab.private, web)
    found = exposed(snapshot(new_account()))
    assert [(one.resource, one.protocol, one.low, one.high, one.via) for one in found] == [
        (server, "tcp", 22, 22, (lab.gateway,))
    ]


def test_a_client_reaches_an_nlbs_target_by_its_own_address_unless_that_is_switched_off(lab, ask):
    app = lab.group("app", tcp(22, cidr="10.0.1.0/24"))
    server = lab.instance(lab.private, app)
    balancer = lab.elb.create_load_balancer(Name="door", Subnets=[lab.public], Type="network")
    targets = lab.elb.create_target_group(Name="ssh", Protocol="TCP", Port=22, VpcId=lab.vpc, TargetType="instance")
    targets = targets["TargetGroups"][0]["TargetGroupArn"]
    lab.elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": server}])
    lab.elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"], Protocol="TCP", Port=22,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )  # fmt: skip
    assert ask("internet", server, 22).codes == ("ENI_SG_RULES_MISMATCH",)
    off = [{"Key": "preserve_client_ip.enabled", "Value": "false"}]
    lab.elb.modify_target_group_attributes(TargetGroupArn=targets, Attributes=off)
    assert ask("internet", server, 22).reachable


def test_a_vpc_with_ipv6_is_reached_by_it(account, ask):
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    wide = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    cidr = wide.replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=cidr)["Subnet"]["SubnetId"]
    world = snapshot(new_account())
    assert {one.version for one in world.vpcs[vpc["VpcId"]].networks} == {4, 6}
    assert {one.version for one in world.subnets[subnet].networks} == {4, 6}
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc["VpcId"])
    main = snapshot(new_account()).table_of(subnet).id
    ec2.create_route(RouteTableId=main, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    group = ec2.create_security_group(GroupName="six", Description="six", VpcId=vpc["VpcId"])["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
    )
    face = ec2.create_network_interface(SubnetId=subnet, Groups=[group], Ipv6AddressCount=1)["NetworkInterface"]
    server = ec2.run_instances(
        ImageId=IMAGE, MinCount=1, MaxCount=1,
        NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": face["NetworkInterfaceId"]}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    path = ask("internet", server, 22)
    assert path.for_all, str(path)
    assert not ask("0.0.0.0/0", server, 22).reachable


def test_an_unknown_id_is_said_with_the_nearest_one(lab, ask):
    web = lab.instance(lab.public, lab.group("web"))
    with pytest.raises(UnknownResource, match=web):
        ask("internet", web[:-1] + "x", 22)
