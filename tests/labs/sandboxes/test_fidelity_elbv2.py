"""The health of targets: what DescribeTargetHealth says of what is around them."""

from __future__ import annotations

from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


class Site:
    """A balancer in zones a and b, with a group of targets on port 8080 and an instance in each zone a and c."""

    def __init__(self, box: Any) -> None:
        self.box = box
        self.vpc = box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self._subnet(at, zone) for at, zone in enumerate("abc")]
        self.front, self.back = self._group("front"), self._group("back")
        image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
        self.image = image
        self.instance, self.far = (self._instance(self.subnets[at]) for at in (0, 2))
        made = box("elbv2", "CreateLoadBalancer", Name="web", Subnets=self.subnets[:2], SecurityGroups=[self.front])
        self.balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        made = box("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=8080, VpcId=self.vpc)
        self.targets = made["TargetGroups"][0]["TargetGroupArn"]
        box("elbv2", "RegisterTargets", TargetGroupArn=self.targets, Targets=[{"Id": self.instance}])

    def _subnet(self, at: int, zone: str) -> str:
        place, block = f"us-east-1{zone}", f"10.0.{at}.0/24"
        made = self.box("ec2", "CreateSubnet", VpcId=self.vpc, CidrBlock=block, AvailabilityZone=place)
        return str(made["Subnet"]["SubnetId"])

    def _group(self, name: str) -> str:
        made = self.box("ec2", "CreateSecurityGroup", GroupName=name, Description=name, VpcId=self.vpc)
        return str(made["GroupId"])

    def _instance(self, subnet: str) -> str:
        given = {"ImageId": self.image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        made = self.box("ec2", "RunInstances", SubnetId=subnet, SecurityGroupIds=[self.back], **given)
        return str(made["Instances"][0]["InstanceId"])

    def listen(self, target: str = "") -> str:
        action = {"Type": "forward", "TargetGroupArn": target or self.targets}
        made = self.box(
            "elbv2", "CreateListener", LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80, DefaultActions=[action]
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def open(self, port: int = 8080, **source: Any) -> None:
        given = source or {"UserIdGroupPairs": [{"GroupId": self.front}]}
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **given}
        self.box("ec2", "AuthorizeSecurityGroupIngress", GroupId=self.back, IpPermissions=[rule])

    def health(self, target: str = "") -> tuple[str, str]:
        told = self.box("elbv2", "DescribeTargetHealth", TargetGroupArn=self.targets)["TargetHealthDescriptions"]
        (one,) = [each["TargetHealth"] for each in told if each["Target"]["Id"] == (target or self.instance)]
        return one["State"], one.get("Reason", "")


@pytest.fixture
def site(box: Any) -> Site:
    return Site(box)


def test_a_group_without_a_listener_is_not_in_use(site: Site) -> None:
    site.open()
    assert site.health() == ("unused", "Target.NotInUse")
    site.listen()
    assert site.health() == ("healthy", "")


def test_a_rule_leads_there_too(site: Site, box: Any) -> None:
    site.open()
    made = box("elbv2", "CreateTargetGroup", Name="other", Protocol="HTTP", Port=80, VpcId=site.vpc)
    listener = site.listen(made["TargetGroups"][0]["TargetGroupArn"])
    assert site.health() == ("unused", "Target.NotInUse")
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": site.targets, "Weight": 1}]}}
    condition = {"Field": "path-pattern", "Values": ["/api/*"]}
    box("elbv2", "CreateRule", ListenerArn=listener, Priority=1, Conditions=[condition], Actions=[action])
    assert site.health() == ("healthy", "")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, ("unhealthy", "Target.Timeout")),
        ({"port": 80}, ("unhealthy", "Target.Timeout")),
        ({"IpRanges": [{"CidrIp": "192.168.0.0/16"}]}, ("unhealthy", "Target.Timeout")),
        ({"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}, ("healthy", "")),
        ({}, ("healthy", "")),
    ],
)
def test_the_health_check_must_get_in(site: Site, rule: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    site.listen()
    if rule is not None:
        site.open(**rule)
    assert site.health() == expected


def test_the_health_check_must_get_out(site: Site, box: Any) -> None:
    site.listen()
    site.open()
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    box("ec2", "RevokeSecurityGroupEgress", GroupId=site.front, IpPermissions=[everything])
    assert site.health() == ("unhealthy", "Target.Timeout")
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": site.back}]}
    box("ec2", "AuthorizeSecurityGroupEgress", GroupId=site.front, IpPermissions=[rule])
    assert site.health() == ("healthy", "")


def test_the_health_check_has_its_own_port(site: Site, box: Any) -> None:
    site.listen()
    site.open()
    box("elbv2", "ModifyTargetGroup", TargetGroupArn=site.targets, HealthCheckPort="9000")
    assert site.health() == ("unhealthy", "Target.Timeout")
    site.open(9000)
    assert site.health() == ("healthy", "")


def test_what_does_not_run_or_is_elsewhere_is_unused(site: Site, box: Any) -> None:
    site.listen()
    site.open()
    box("elbv2", "RegisterTargets", TargetGroupArn=site.targets, Targets=[{"Id": site.far}])
    assert site.health(site.far) == ("unused", "Target.NotInUse")
    box("ec2", "StopInstances", InstanceIds=[site.instance])
    assert site.health() == ("unused", "Target.InvalidState")
    with pytest.raises(Refused, match="InvalidTarget"):
        box("elbv2", "RegisterTargets", TargetGroupArn=site.targets, Targets=[{"Id": site.instance}])
    box("ec2", "StartInstances", InstanceIds=[site.instance])
    assert site.health() == ("healthy", "")


def test_rules_have_the_same_arns_in_a_replay(site: Site, box: Any, yard: Any) -> None:
    listener = site.listen()
    other = yard.open(box.spec.number)
    for request in box.learner.sent:
        other.send(request)
    other.learner.seq = box.learner.seq
    rules = [each("elbv2", "DescribeRules", ListenerArn=listener)["Rules"] for each in (box, other)]
    assert rules[0] == rules[1]
    other.close()


def test_a_balancer_faces_the_internet_unless_it_is_told_otherwise(site: Site, box: Any) -> None:
    subnets = [one["SubnetId"] for one in box("ec2", "DescribeSubnets")["Subnets"] if one["DefaultForAz"]][:2]
    for name, more in (("plain", {}), ("inner", {"Scheme": "internal"}), ("gate", {"Type": "gateway"})):
        made = box("elbv2", "CreateLoadBalancer", Name=name, Subnets=subnets, **more)["LoadBalancers"][0]
        assert made.get("Scheme") == {"plain": "internet-facing", "inner": "internal"}.get(name)
