import pytest

from tests.graders.checks.cloudfront.conftest import BUCKET, behavior

CHECK = "cloudfront.distribution_routes"
API = "api.example.net"
CALL = {"distribution": "www.example.com", "routes": {"*": BUCKET, "/api/*": API}}


@pytest.fixture
def front(distribution):
    """A bucket and an API behind www.example.com: `front(paths={"/api/*": "api"}, default="s3")`."""

    def front(*, host=API, paths=None, default="s3", **more):
        custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
        origins = [
            {"Id": "s3", "DomainName": f"{BUCKET}.s3.us-east-1.amazonaws.com"},
            {"Id": "api", "DomainName": host, "CustomOriginConfig": custom},
        ]
        chosen = {"/api/*": "api"} if paths is None else paths
        distribution(
            default=behavior(default),
            paths={path: behavior(origin) for path, origin in chosen.items()},
            Origins={"Quantity": 2, "Items": origins},
            **more,
        )

    return front


class TestRight:
    def test_a_bucket_and_a_host(self, front, passes):
        front(DefaultRootObject="index.html", PriceClass="PriceClass_200")
        more = {"root": "index.html", "names": ["www.example.com"]}
        passes(CHECK, **CALL, **more, price_classes=["PriceClass_100", "PriceClass_200"])

    def test_more_behaviours_than_asked(self, front, passes):
        front(paths={"/img/*": "s3", "/api/*": "api"})
        passes(CHECK, **CALL)

    def test_a_load_balancer_by_name(self, front, account, passes):
        ec2 = account.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        made = account.client("elbv2").create_load_balancer(Name="api-alb", Subnets=[subnet])["LoadBalancers"][0]
        front(host=made["DNSName"])
        passes(CHECK, distribution="www.example.com", routes={"/api/*": "api-alb"})


class TestWrong:
    def test_no_behaviour_for_the_path(self, front, fails):
        front(paths={})
        fails(CHECK, "has no behaviour for /api/*", **CALL)

    def test_the_wrong_origin(self, front, fails):
        front(paths={"/api/*": "s3"})
        fails(CHECK, f"sends /api/* to {BUCKET}.s3", **CALL)

    def test_the_default_goes_elsewhere(self, front, fails):
        front(default="api")
        fails(CHECK, f"sends everything else to {API}, not to {BUCKET}", **CALL)

    def test_no_root(self, front, fails):
        front()
        fails(CHECK, "The default root object of www.example.com is none, not index.html", **CALL, root="index.html")

    def test_the_price_class_of_everywhere(self, front, fails):
        front()
        fails(CHECK, "is PriceClass_All", **CALL, price_classes=["PriceClass_100"])

    def test_a_name_is_missing(self, front, fails):
        front()
        fails(CHECK, "does not answer to shop.example.com", **CALL, names=["shop.example.com"])


class TestNearMiss:
    @pytest.mark.parametrize("path", ["/api", "/api/", "api"])
    def test_a_path_without_its_star(self, front, fails, path):
        front(paths={path: "api"})
        fails(CHECK, f"has a behaviour for {path}, not for /api/*", **CALL)

    def test_a_slash_before_the_root(self, front, fails):
        front(DefaultRootObject="/index.html")
        fails(CHECK, "is /index.html, not index.html", **CALL, root="index.html")
