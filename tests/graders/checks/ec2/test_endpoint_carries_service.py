import json

import pytest

from tests.graders.checks.ec2.conftest import Net, rule

CHECK = "ec2.endpoint_carries_service"
S3 = {"service": "s3", "subnets": ["private-a", "private-b"]}
SECRETS = {"service": "secretsmanager", "subnets": ["private-a"]}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.subnet("private-b")
    net.table("private", "private-a", "private-b")
    return net


def gateway(net, *tables, policy=None, service="s3"):
    options = {"PolicyDocument": json.dumps(policy)} if policy else {}
    return net.ec2.create_vpc_endpoint(
        VpcId=net.vpc,
        ServiceName=f"com.amazonaws.us-east-1.{service}",
        RouteTableIds=[net.ids[f"table {one}"] for one in tables],
        **options,
    )["VpcEndpoint"]["VpcEndpointId"]


def interface(net, *permissions, dns=True):
    net.group("door", *permissions)
    return net.ec2.create_vpc_endpoint(
        VpcId=net.vpc,
        ServiceName="com.amazonaws.us-east-1.secretsmanager",
        VpcEndpointType="Interface",
        SubnetIds=[net.ids["private-a"]],
        SecurityGroupIds=[net.ids["door"]],
        PrivateDnsEnabled=dns,
    )["VpcEndpoint"]["VpcEndpointId"]


def policy(effect="Allow", action="*", resource="*"):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Principal": "*", "Action": action, "Resource": resource}],
    }


class TestRight:
    def test_a_gateway_in_the_table(self, site, passes):
        gateway(site, "private")
        passes(CHECK, **S3)

    def test_an_interface_with_private_dns(self, site, passes):
        interface(site, rule(443, 443, "10.0.0.0/16"))
        passes(CHECK, **SECRETS)

    def test_a_policy_for_the_tasks_bucket(self, site, passes):
        gateway(site, "private", policy=policy(action="s3:*", resource="arn:aws:s3:::acme/*"))
        passes(CHECK, **S3, bucket="acme")

    def test_beside_a_way_to_the_internet(self, site, passes):
        site.subnet("public-a")
        table = site.ids["table private"]
        site.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=site.nat("public-a"))
        gateway(site, "private")
        passes(CHECK, **S3)


class TestWrong:
    def test_the_endpoint_is_in_another_table(self, site, fails):
        site.table("other", "private-b")
        gateway(site, "other")
        fails(CHECK, "a server in private-a does not reach s3", "is not in the route table of private-a", **S3)

    def test_its_policy_denies(self, site, fails):
        gateway(site, "private", policy=policy("Deny"))
        fails(CHECK, "The policy of the endpoint", **S3)

    def test_its_policy_is_for_another_bucket(self, site, fails):
        gateway(site, "private", policy=policy(resource="arn:aws:s3:::other/*"))
        fails(CHECK, "The policy of the endpoint", "acme/report.csv", **S3, bucket="acme")

    def test_its_group_is_closed(self, site, fails):
        interface(site)
        fails(CHECK, "No inbound rule of door", **SECRETS)

    def test_in_no_subnet(self, site, fails):
        site.ec2.create_vpc_endpoint(
            VpcId=site.vpc, ServiceName="com.amazonaws.us-east-1.secretsmanager", VpcEndpointType="Interface"
        )
        fails(CHECK, "an interface in no subnet", **SECRETS)

    def test_no_private_dns(self, site, fails):
        interface(site, rule(443, 443, "10.0.0.0/16"), dns=False)
        fails(CHECK, "has no private DNS", **SECRETS)


class TestNearMiss:
    def test_for_another_service(self, site, fails):
        gateway(site, "private", service="dynamodb")
        fails(CHECK, "is for com.amazonaws.us-east-1.dynamodb", **S3)

    def test_in_another_vpc(self, site, account, fails):
        other = Net(account, "other-vpc", "10.9.0.0/16")
        other.table("main")
        gateway(other, "main")
        fails(CHECK, "is in another VPC, other-vpc", **S3)
