import pytest

CHECK = "route53.name_resolves_to"
WWW = {"domain": "www.example.com", "targets": ["203.0.113.5"]}


@pytest.fixture
def balancer(account):
    """The load balancer api-alb, as describe_load_balancers has it."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{letter}")["Subnet"][
            "SubnetId"
        ]
        for number, letter in enumerate("ab")
    ]
    return account.client("elbv2").create_load_balancer(Name="api-alb", Subnets=subnets)["LoadBalancers"][0]


@pytest.fixture
def distribution(account):
    origin = {"Id": "s3", "DomainName": "site.s3.amazonaws.com"}
    made = account.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Comment": "",
            "Enabled": True,
            "Aliases": {"Quantity": 1, "Items": ["cdn.example.com"]},
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "s3", "ViewerProtocolPolicy": "https-only"},
        }
    )
    return made["Distribution"]["DomainName"]


class TestRight:
    @pytest.mark.parametrize("name", ["www.example.com", "WWW.Example.com."])
    def test_an_address_in_whatever_case(self, zone, passes, name):
        zone("Example.com").put("www.Example.com", "A", "203.0.113.5")
        passes(CHECK, **WWW | {"domain": name})

    def test_several_values_in_another_order(self, zone, passes):
        zone("example.com").put("www.example.com", "A", "203.0.113.6", "203.0.113.5")
        passes(CHECK, domain="www.example.com", targets=["203.0.113.5", "203.0.113.6"])

    @pytest.mark.parametrize("before", ["", "dualstack."])
    def test_an_alias_at_the_top_to_a_load_balancer(self, zone, balancer, passes, before):
        alias = {"alias": f"{before}{balancer['DNSName']}.", "zone_id": balancer["CanonicalHostedZoneId"]}
        zone("example.com").put("example.com", "A", **alias)
        passes(CHECK, domain="example.com", targets=["api-alb"], alias_only=True)

    def test_a_cname_to_a_distribution(self, zone, distribution, passes):
        zone("example.com").put("cdn.example.com", "CNAME", distribution)
        passes(CHECK, domain="cdn.example.com", targets=["cdn.example.com"])

    def test_through_another_name_of_the_zone(self, zone, passes):
        made = zone("example.com")
        made.put("www.example.com", "CNAME", "web.example.com")
        made.put("web.example.com", "A", "203.0.113.5")
        passes(CHECK, **WWW)
        passes(CHECK, domain="www.example.com", targets=["web.example.com"])

    def test_by_a_star(self, zone, passes):
        zone("example.com").put("*.example.com", "A", "203.0.113.5")
        passes(CHECK, **WWW, ttl_at_most=60)

    def test_in_a_private_zone(self, zone, account, passes):
        ec2 = account.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        made = zone(
            "corp.internal", HostedZoneConfig={"PrivateZone": True}, VPC={"VPCRegion": "us-east-1", "VPCId": vpc}
        )
        made.put("db.corp.internal", "A", "10.0.0.9")
        passes(CHECK, domain="db.corp.internal", targets=["10.0.0.9"], vpc=vpc)


class TestWrong:
    def test_another_address(self, zone, fails):
        zone("example.com").put("www.example.com", "A", "203.0.113.7")
        fails(CHECK, "leads to 203.0.113.7, not to 203.0.113.5", **WWW)

    def test_an_address_too_many(self, zone, fails):
        zone("example.com").put("www.example.com", "A", "203.0.113.5", "203.0.113.7")
        fails(CHECK, "and so not to 203.0.113.5 alone", **WWW)

    def test_a_cname_at_the_top(self, zone, balancer, fails):
        zone("example.com").put("example.com", "CNAME", balancer["DNSName"])
        fails(CHECK, "there Route 53 refuses a CNAME", domain="example.com", targets=["api-alb"])

    def test_an_alias_with_its_own_zones_id(self, zone, balancer, fails):
        zone("example.com").put("example.com", "A", alias=balancer["DNSName"], zone_id="Z0OWN")
        fails(CHECK, "with the zone id Z0OWN", domain="example.com", targets=["api-alb"])

    def test_an_alias_to_another_distribution(self, zone, distribution, fails):
        zone("example.com").put("cdn.example.com", "A", alias="dother.cloudfront.net", zone_id="Z2FDTNDATAQYW2")
        fails(CHECK, "leads to dother.cloudfront.net", domain="cdn.example.com", targets=["cdn.example.com"])

    def test_a_private_zone_without_the_vpc(self, zone, account, fails):
        ec2 = account.client("ec2")
        vpc, other = (ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
        made = zone(
            "corp.internal", HostedZoneConfig={"PrivateZone": True}, VPC={"VPCRegion": "us-east-1", "VPCId": other}
        )
        made.put("db.corp.internal", "A", "10.0.0.9")
        fails(CHECK, f"answers in {other}, not in {vpc}", domain="db.corp.internal", targets=["10.0.0.9"], vpc=vpc)

    def test_a_vpc_that_asks_no_private_zone(self, zone, account, fails):
        vpc = account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = zone(
            "corp.internal", HostedZoneConfig={"PrivateZone": True}, VPC={"VPCRegion": "us-east-1", "VPCId": vpc}
        )
        made.put("db.corp.internal", "A", "10.0.0.9")
        fails(CHECK, "enableDnsHostnames is off", domain="db.corp.internal", targets=["10.0.0.9"], vpc=vpc)

    def test_a_long_ttl(self, zone, fails):
        zone("example.com").put("www.example.com", "A", "203.0.113.5", TTL=86400)
        fails(CHECK, "for 86400 s", **WWW, ttl_at_most=300)

    def test_no_record(self, zone, fails):
        zone("example.com").put("web.example.com", "A", "203.0.113.5")
        fails(CHECK, "has no record in the zone example.com", **WWW)


class TestNearMiss:
    def test_the_zones_name_twice(self, zone, fails):
        zone("example.com").put("www.example.com.example.com", "A", "203.0.113.5")
        fails(CHECK, "there is www.example.com.example.com, with the zone's name twice", **WWW)

    def test_one_of_two_zones_of_a_name(self, zone, fails):
        zone("example.com")
        zone("example.com").put("www.example.com", "A", "203.0.113.5")
        fails(CHECK, "There are 2 zones named example.com, and only one of them has www.example.com", **WWW)

    def test_a_private_zone_where_a_public_one_is_asked(self, zone, account, fails):
        vpc = account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zone("example.com", HostedZoneConfig={"PrivateZone": True}, VPC={"VPCRegion": "us-east-1", "VPCId": vpc})
        fails(CHECK, "There is a private one, example.com", **WWW)

    def test_another_type(self, zone, fails):
        zone("example.com").put("www.example.com", "AAAA", "2001:db8::5")
        fails(CHECK, "has no A record, but AAAA", **WWW)
