"""A network and what stands in it, done by clicking."""

from __future__ import annotations

from typing import Any

import pytest

GROUP, INSTANCE, VPC, SUBNET = "ec2:security-group", "ec2:instance", "ec2:vpc", "ec2:subnet"


def _id(desk: Any, kind: str, name: str) -> str:
    found = [one.id for one in desk.things(kind) if one.name.startswith(name)]
    assert len(found) == 1, [one.name for one in desk.things(kind)]
    return str(found[0])


@pytest.fixture
def network(desk: Any) -> Any:
    """app-vpc with a gateway, and a public and a private subnet."""
    desk.do(VPC, "create", Name="app", CidrBlock="10.1.0.0/16", gateway=True, names=True)
    desk.vpc = _id(desk, VPC, "app")
    for name, cidr, zone, public in (
        ("public", "10.1.1.0/24", "us-east-1a", True),
        ("private", "10.1.2.0/24", "us-east-1b", False),
    ):
        desk.do(SUBNET, "create", Name=name, VpcId=desk.vpc, AvailabilityZone=zone, CidrBlock=cidr, public=public)
    desk.public, desk.private = _id(desk, SUBNET, "public"), _id(desk, SUBNET, "private")
    return desk


def test_a_subnet_is_public_by_its_routes(network: Any) -> None:
    desk = network
    gateway = _id(desk, "ec2:internet-gateway", "app-igw")
    assert desk.facts("ec2:internet-gateway", gateway)["VPC"] == desk.vpc
    assert desk.facts(SUBNET, desk.public)["Way out"] == "none"
    desk.do("ec2:route-table", "create", Name="out", VpcId=desk.vpc, gateway=gateway, subnets=[desk.public])
    assert desk.facts(SUBNET, desk.public)["Way out"] == "internet gateway (public)"
    assert desk.facts(SUBNET, desk.public)["Public addresses"] == "by itself"
    desk.do("ec2:nat-gateway", "create", Name="nat", SubnetId=desk.public)
    nat = _id(desk, "ec2:nat-gateway", "nat")
    desk.do("ec2:route-table", "create", Name="in", VpcId=desk.vpc, subnets=[desk.private])
    table = _id(desk, "ec2:route-table", "in ")
    desk.do("ec2:route-table", "add-route", table, door="nat", nat=nat)
    assert desk.facts(SUBNET, desk.private)["Way out"] == "NAT gateway"
    desk.do("ec2:route-table", "replace-route", table, row="0.0.0.0/0", door="igw", igw=gateway)
    assert desk.facts(SUBNET, desk.private)["Way out"] == "internet gateway (public)"
    desk.do("ec2:route-table", "remove-route", table, row="0.0.0.0/0")
    assert desk.facts(SUBNET, desk.private)["Way out"] == "none"
    desk.do("ec2:endpoint", "create", Name="s3", VpcId=desk.vpc, tables=[table])
    assert desk.things("ec2:endpoint")[0].facts[0].value == "com.amazonaws.us-east-1.s3"
    facts = desk.facts(VPC, desk.vpc)
    assert facts["DNS names for instances"] == "on"
    desk.do(VPC, "dns", desk.vpc, names=False)
    assert desk.facts(VPC, desk.vpc)["DNS names for instances"] == "off"


def test_rules_are_for_groups_and_for_ranges_one_by_one(network: Any) -> None:
    desk = network
    for name in ("alb", "web"):
        desk.do(GROUP, "create", GroupName=name, Description=f"the {name}", VpcId=desk.vpc)
    alb, web = _id(desk, GROUP, "alb"), _id(desk, GROUP, "web")
    desk.do(GROUP, "add-in", alb, what="https", cidr="0.0.0.0/0", Description="visitors")
    desk.do(GROUP, "add-in", alb, what="https", cidr="::/0")
    desk.do(GROUP, "add-in", web, what="http", source="group", group=alb)
    desk.do(GROUP, "add-in", web, what="tcp", first=8000, last=8010, cidr="10.1.0.0/16")
    desk.do(GROUP, "add-in", web, what="ssh", cidr="0.0.0.0/0")
    rows = desk.rows(GROUP, web, "in")
    assert set(rows) == {
        ("tcp 80", f"alb ({alb})", ""),
        ("tcp 8000-8010", "10.1.0.0/16", ""),
        ("tcp 22", "0.0.0.0/0", ""),
    }
    tones = {fact.value: fact.tone for fact in desk.thing(GROUP, web).facts}
    assert tones["tcp 22 from 0.0.0.0/0"] == "bad"
    assert ("tcp 443", "0.0.0.0/0", "visitors") in desk.rows(GROUP, alb, "in")
    assert {fact.tone for fact in desk.thing(GROUP, alb).facts} == {""}
    assert "Is let in by" in {link.about for link in desk.thing(GROUP, alb).links}
    desk.do(GROUP, "remove-in", web, row="tcp 22 0.0.0.0/0")
    desk.do(GROUP, "remove-in", web, row=f"tcp 80 {alb}")
    assert desk.rows(GROUP, web, "in") == [("tcp 8000-8010", "10.1.0.0/16", "")]
    desk.do(GROUP, "remove-in", alb, row="tcp 443 ::/0")
    assert [row[1] for row in desk.rows(GROUP, alb, "in")] == ["0.0.0.0/0"]
    desk.do(GROUP, "remove-out", web, row="0.0.0.0/0")
    assert desk.rows(GROUP, web, "out") == []
    assert desk.refused(GROUP, "add-in", web, cidr="10.1.0.0")["cidr"]
    desk.do(GROUP, "tags", web, tags={"Name": "web tier"})
    desk.do(GROUP, "delete", web)


def test_an_acl_answers_by_its_own_rules_and_guards_whom_it_is_given(network: Any) -> None:
    desk = network
    acl_kind = "ec2:network-acl"
    desk.do(acl_kind, "create", Name="strict", VpcId=desk.vpc)
    acl = _id(desk, acl_kind, "strict")
    desk.do(acl_kind, "add-in", acl, RuleNumber=90, RuleAction="deny", protocol="all", range="198.51.100.0/24")
    desk.do(acl_kind, "add-in", acl, RuleNumber=100, first=5432, range="10.1.0.0/16")
    desk.do(acl_kind, "add-out", acl, RuleNumber=100, first=1024, last=65535)
    assert desk.rows(acl_kind, acl, "in")[:2] == [
        ("90", "deny", "all traffic", "198.51.100.0/24"),
        ("100", "allow", "tcp 5432", "10.1.0.0/16"),
    ]
    desk.do(acl_kind, "replace-in", acl, row="100", first=3306)
    assert desk.rows(acl_kind, acl, "in")[1][2] == "tcp 3306"
    desk.do(acl_kind, "remove-in", acl, row="90")
    desk.do(acl_kind, "guard", acl, subnets=[desk.private])
    assert desk.rows(acl_kind, acl, "subnets") == [(desk.private,)]
    assert desk.rows(acl_kind, acl, "out")[0][2] == "tcp 1024-65535"


def test_a_server_is_launched_stopped_changed_and_gone(network: Any) -> None:
    desk = network
    desk.do("iam:role", "create", RoleName="app")
    desk.do("ec2:key-pair", "create", KeyName="lab-key")
    desk.do(GROUP, "create", GroupName="web", Description="web", VpcId=desk.vpc)
    group = _id(desk, GROUP, "web")
    script = "#!/bin/bash\ndnf install -y httpd\n"
    desk.do(
        INSTANCE,
        "run",
        Name="web-01",
        SubnetId=desk.public,
        groups=[group],
        KeyName="lab-key",
        UserData=script,
        profile="app",
        tags={"Env": "prod"},
    )
    web = _id(desk, INSTANCE, "web-01")
    facts = desk.facts(INSTANCE, web)
    assert facts["Type"] == "t3.micro" and facts["Public address"] != "none"
    assert facts["Instance metadata"] == "IMDSv2 only"
    assert facts["User data"].startswith("#!/bin/bash")
    assert facts["Profile"] == "app"
    assert desk.thing(INSTANCE, web).tags == {"Name": "web-01", "Env": "prod"}
    desk.do(INSTANCE, "protection", web, on=True)
    assert desk.facts(INSTANCE, web)["Termination protection"] == "on"
    desk.do(INSTANCE, "protection", web, on=False)
    desk.do(INSTANCE, "metadata", web, HttpTokens="optional")
    assert desk.facts(INSTANCE, web)["Instance metadata"] == "IMDSv1 too"
    desk.do(INSTANCE, "profile", web, profile="")
    assert desk.facts(INSTANCE, web)["Profile"] == "none"
    desk.do(INSTANCE, "image", web, Name="golden")
    assert [one.facts[1].value for one in desk.things("ec2:image")] == ["golden"]
    desk.do(INSTANCE, "stop", web)
    desk.box.learner.at += 120
    desk.do(INSTANCE, "type", web, InstanceType="t3.small")
    desk.do(INSTANCE, "start", web)
    assert desk.facts(INSTANCE, web)["Type"] == "t3.small"
    desk.do("ec2:address", "create", Name="front")
    address = _id(desk, "ec2:address", "front")
    desk.do("ec2:address", "associate", address, InstanceId=web)
    assert desk.facts("ec2:address", address)["Belongs to"] == web
    desk.do("ec2:address", "disassociate", address)
    desk.do("ec2:address", "release", address)
    desk.do(INSTANCE, "terminate", web)
    assert desk.things(INSTANCE)[0].facts[0].value in ("shutting-down", "terminated")


def test_spot_no_public_address_and_an_encrypted_disk(network: Any) -> None:
    desk = network
    desk.do(INSTANCE, "run", Name="batch", SubnetId=desk.public, spot=True, public="no", encrypted=True, size=20)
    batch = desk.thing(INSTANCE, _id(desk, INSTANCE, "batch"))
    facts = {fact.label: fact.value for fact in batch.properties}
    assert (facts["Bought as"], facts["Public address"]) == ("spot", "none")
    [disk] = [link.id for link in batch.links if link.kind == "ec2:volume"]
    volume = desk.facts("ec2:volume", disk)
    assert volume["Encrypted"] == "on" and volume["Size"].startswith("20 GiB")


def test_disks_move_by_snapshots(desk: Any) -> None:
    desk.do("ec2:volume", "create", Name="data", AvailabilityZone="us-east-1a", Size=8, VolumeType="gp2")
    data = _id(desk, "ec2:volume", "data")
    desk.do("ec2:volume", "snapshot", data, Name="backup", tags={"Purpose": "backup"})
    [snapshot] = [one for one in desk.things("ec2:snapshot") if one.name.startswith("backup")]
    assert snapshot.tags == {"Name": "backup", "Purpose": "backup"}
    desk.do("ec2:volume", "create", Name="copy", AvailabilityZone="us-east-1b", SnapshotId=snapshot.id, Encrypted=True)
    copy = desk.facts("ec2:volume", _id(desk, "ec2:volume", "copy"))
    assert (copy["Zone"], copy["Encrypted"]) == ("us-east-1b", "on")
    desk.do("ec2:volume", "modify", data, VolumeType="gp3", Size=20)
    assert desk.facts("ec2:volume", data)["Size"] == "20 GiB gp3"
    made = desk.do("ec2:snapshot", "copy", snapshot.id, to="eu-west-1")
    desk.box.learner.region = "eu-west-1"
    there = desk.box("ec2", "DescribeSnapshots", SnapshotIds=[made["SnapshotId"]])["Snapshots"]
    assert len(there) == 1


def test_a_template_has_versions(desk: Any) -> None:
    kind = "ec2:launch-template"
    desk.do(kind, "create", LaunchTemplateName="web", UserData="#!/bin/bash\nhttpd", instance_tags={"Name": "web"})
    assert desk.facts(kind, "web")["User data"] == "#!/bin/bash\nhttpd"
    desk.do(kind, "version", "web", InstanceType="t3.small")
    facts = desk.facts(kind, "web")
    assert (facts["Type"], facts["Latest version"], facts["IMDSv2 only"]) == ("t3.small", "2", "yes")
    assert facts["User data"] == "#!/bin/bash\nhttpd"
    desk.do(kind, "default", "web", row="2")
    assert desk.facts(kind, "web")["Default version"] == "2"


def test_networks_are_joined(desk: Any) -> None:
    for name, cidr in (("a", "10.1.0.0/16"), ("b", "10.2.0.0/16")):
        desk.do(VPC, "create", Name=name, CidrBlock=cidr)
    a, b = _id(desk, VPC, "a "), _id(desk, VPC, "b ")
    desk.do("ec2:peering", "create", Name="ab", VpcId=a, PeerVpcId=b)
    peering = _id(desk, "ec2:peering", "ab")
    desk.do("ec2:peering", "accept", peering)
    assert desk.things("ec2:peering")[0].facts[0].value == "active"
    desk.do("ec2:vpn-gateway", "create", Name="office", vpc=a)
    gateway = _id(desk, "ec2:vpn-gateway", "office")
    assert desk.facts("ec2:vpn-gateway", gateway)["VPC"] == a
    [table] = [one for one in desk.things("ec2:route-table") if one.data["VpcId"] == a]
    desk.do("ec2:route-table", "add-route", table.id, to="192.168.0.0/16", door="vgw", vgw=gateway)
    assert any(row[:2] == ("192.168.0.0/16", gateway) for row in desk.rows("ec2:route-table", table.id, "routes"))
    desk.do("ec2:vpn-gateway", "detach", gateway)
