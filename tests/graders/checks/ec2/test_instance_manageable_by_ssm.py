import json

import pytest

from graders.checks.ec2.instance_manageable_by_ssm import CALLS
from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.instance_manageable_by_ssm"
CALL = {"instance": "app"}


@pytest.fixture
def site(net, make_role, wear):
    """A private server with a role that is right; each test says by which way it leaves."""
    net.subnet("private-a")
    net.group("app-sg")
    net.instance("app", "private-a", "app-sg")
    make_role("Ssm", *CALLS)
    net.wear = lambda name="Ssm": wear(net, "app", name)
    return net


def nat(net):
    net.subnet("public-a")
    net.table("private", "private-a", NatGatewayId=net.nat("public-a"))


def endpoint(net, service, *permissions):
    if "door" not in net.ids:
        net.group("door", *permissions)
    net.ec2.create_vpc_endpoint(
        VpcId=net.vpc, ServiceName=f"com.amazonaws.us-east-1.{service}", VpcEndpointType="Interface",
        SubnetIds=[net.ids["private-a"]], SecurityGroupIds=[net.ids["door"]], PrivateDnsEnabled=True,
    )  # fmt: skip


class TestRight:
    def test_through_nat(self, site, passes):
        site.wear()
        nat(site)
        passes(CHECK, **CALL)

    def test_through_endpoints(self, site, passes):
        site.wear()
        for service in ("ssm", "ssmmessages"):
            endpoint(site, service, rule(443, 443, "10.0.0.0/16"))
        passes(CHECK, **CALL)

    def test_with_a_managed_policy_and_wildcards(self, site, passes, make_role):
        make_role("Managed")
        statement = {"Effect": "Allow", "Action": ["ssm:*", "ssmmessages:*", "ec2messages:*"], "Resource": "*"}
        iam = site.account.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = iam.create_policy(PolicyName="agent", PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="Managed", PolicyArn=made)
        site.wear("Managed")
        nat(site)
        passes(CHECK, **CALL)


class TestWrong:
    def test_no_way_out(self, site, fails):
        site.wear()
        fails(CHECK, "app does not reach ssm on tcp 443", "nobody answers", **CALL)

    def test_no_role(self, site, fails):
        nat(site)
        fails(CHECK, "wears no instance profile", **CALL)

    def test_a_role_without_the_rights(self, site, fails, make_role):
        make_role("Reader", "ssm:*")
        site.wear("Reader")
        nat(site)
        fails(CHECK, "the role Reader lacks ssmmessages:CreateControlChannel", **CALL)

    def test_endpoints_behind_a_closed_group(self, site, fails):
        site.wear()
        endpoint(site, "ssm")
        endpoint(site, "ssmmessages")
        fails(CHECK, "No inbound rule of door", **CALL)

    def test_stopped(self, site, fails):
        site.wear()
        nat(site)
        site.ec2.stop_instances(InstanceIds=[site.ids["app"]])
        fails(CHECK, "The instance app is stopped", **CALL)


class TestNearMiss:
    def test_one_endpoint_is_missing(self, site, fails):
        site.wear()
        endpoint(site, "ssm", rule(443, 443, "10.0.0.0/16"))
        fails(CHECK, "There is an endpoint for ssm, and none for ssmmessages", **CALL)
