import pytest

from tests.graders.checks.lambda_.conftest import NAME

CHECK = "lambda.function_reaches"
ENI = {"Action": ["ec2:*NetworkInterface*"], "Resource": "*"}


@pytest.fixture
def vpc(account):
    """10.9.0.0/16 with subnets a and b, the groups fn and db, an internet gateway that no table uses."""
    ec2 = account.client("ec2")
    home = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=home)

    class Vpc:
        def __init__(self):
            self.subnets = {
                name: ec2.create_subnet(VpcId=home, CidrBlock=f"10.9.{number}.0/24")["Subnet"]["SubnetId"]
                for number, name in enumerate(("a", "b"))
            }
            self.groups = {
                name: ec2.create_security_group(GroupName=name, Description=name, VpcId=home)["GroupId"]
                for name in ("fn", "db")
            }

        def table(self, *names):
            table = ec2.create_route_table(VpcId=home)["RouteTable"]["RouteTableId"]
            for name in names:
                ec2.associate_route_table(RouteTableId=table, SubnetId=self.subnets[name])
            return table

        def public(self, *names):
            ec2.create_route(RouteTableId=self.table(*names), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

        def nat(self, of, at):
            address = ec2.allocate_address(Domain="vpc")["AllocationId"]
            nat = ec2.create_nat_gateway(SubnetId=self.subnets[at], AllocationId=address)["NatGateway"]["NatGatewayId"]
            ec2.create_route(RouteTableId=self.table(of), DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)

        def endpoint(self, service, of):
            ec2.create_vpc_endpoint(
                VpcId=home, ServiceName=f"com.amazonaws.us-east-1.{service}", RouteTableIds=[self.table(of)]
            )

        def let_in(self, group, port, source):
            pair = {"UserIdGroupPairs": [{"GroupId": self.groups[source]}]}
            ec2.authorize_security_group_ingress(
                GroupId=self.groups[group],
                IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **pair}],
            )

        def of(self, *names, group="fn"):
            wanted = {"SubnetIds": [self.subnets[one] for one in names], "SecurityGroupIds": [self.groups[group]]}
            return {"VpcConfig": wanted, "rights": (ENI,)}

        def database(self):
            rds = account.client("rds")
            rds.create_db_subnet_group(
                DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=[self.subnets["b"]]
            )
            rds.create_db_instance(
                DBInstanceIdentifier="shop",
                DBInstanceClass="db.t3.micro",
                Engine="postgres",
                AllocatedStorage=20,
                MasterUsername="admin",
                MasterUserPassword="not-a-secret",
                DBSubnetGroupName="data",
                VpcSecurityGroupIds=[self.groups["db"]],
            )

    return Vpc()


class TestRight:
    def test_the_internet_without_a_vpc(self, function, passes):
        function()
        passes(CHECK, function=NAME, target="internet")

    def test_the_internet_through_a_nat_gateway(self, vpc, function, passes):
        vpc.public("b")
        vpc.nat("a", "b")
        function(**vpc.of("a"))
        passes(CHECK, function=NAME, target="internet")

    def test_a_service_through_an_endpoint(self, vpc, function, passes):
        vpc.endpoint("s3", "a")
        function(**vpc.of("a"))
        passes(CHECK, function=NAME, target="s3")

    def test_a_database(self, vpc, function, passes):
        vpc.database()
        vpc.let_in("db", 5432, "fn")
        function(**vpc.of("a", "b"))
        passes(CHECK, function=NAME, target="shop")


class TestWrong:
    def test_a_private_subnet_without_a_way_out(self, vpc, function, fails):
        function(**vpc.of("a"))
        fails(
            CHECK,
            "orders does not reach internet",
            "waits for internet until its timeout",
            function=NAME,
            target="internet",
        )

    def test_a_database_that_does_not_let_it_in(self, vpc, function, fails):
        vpc.database()
        function(**vpc.of("a"))
        fails(CHECK, "orders does not reach shop", "tcp 5432", function=NAME, target="shop")

    def test_one_of_its_subnets_gets_nowhere(self, vpc, function, fails):
        vpc.public("b")
        vpc.nat("a", "b")
        function(**vpc.of("a", "b"))
        fails(CHECK, f"from {vpc.subnets['b']}", function=NAME, target="internet")

    def test_a_role_that_cannot_make_interfaces(self, vpc, function, fails):
        vpc.public("b")
        vpc.nat("a", "b")
        function(**(vpc.of("a") | {"rights": ()}))
        fails(CHECK, "cannot be put into its VPC", "ec2:CreateNetworkInterface", function=NAME, target="internet")

    def test_a_private_database_without_a_vpc(self, vpc, function, fails):
        vpc.database()
        vpc.let_in("db", 5432, "fn")
        function()
        fails(CHECK, "orders is in no VPC, and shop cannot be reached from outside", function=NAME, target="shop")

    def test_a_database_that_is_not_there(self, function, fails):
        function()
        fails(CHECK, "The target shop does not exist", function=NAME, target="shop")


class TestNearMiss:
    def test_a_public_subnet_is_no_way_out(self, vpc, function, fails):
        vpc.public("a")
        function(**vpc.of("a"))
        fails(CHECK, "a route to an internet gateway is no way out", function=NAME, target="internet")

    def test_the_port_of_another_engine_is_open(self, vpc, function, fails):
        vpc.database()
        vpc.let_in("db", 3306, "fn")
        function(**vpc.of("a"))
        fails(CHECK, "shop, tcp 5432", function=NAME, target="shop")
