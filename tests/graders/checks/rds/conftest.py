import pytest

NAME = "acme-db"


@pytest.fixture
def database(account):
    """`database(MultiAZ=True, …)` makes the instance acme-db."""

    def database(name=NAME, region=None, **options):
        given = {"Engine": "mysql", **options}
        return account.client("rds", region).create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=20,
            MasterUsername="admin",
            MasterUserPassword="not-a-secret",
            **given,
        )["DBInstance"]

    return database


@pytest.fixture
def pending(monkeypatch):
    """Makes changes wait for the maintenance window, as AWS does and moto does not: `pending(MultiAZ=True)`."""
    return _answering(monkeypatch, lambda values: {"PendingModifiedValues": values})


@pytest.fixture
def described(monkeypatch):
    """Describes instances otherwise than moto does: `described(Status="…")`."""
    return _answering(monkeypatch, lambda values: values)


def _answering(monkeypatch, changed):
    from graders import databases

    def answering(**values):
        read = databases._instances

        def other(account, region):
            return {name: {**item, **changed(values)} for name, item in read(account, region).items()}

        monkeypatch.setattr(databases, "_instances", other)

    return answering


@pytest.fixture
def vpc(account):
    """10.7.0.0/16 with the subnets a1, a2 (us-east-1a) and b1 (us-east-1b) and the groups web, db, jump and pool.

    `vpc.public("a1", …)` routes subnets to an internet gateway; `vpc.let_in("db", 3306, "web")` opens a port to a group
    or to a CIDR; `vpc.subnet_group("a1", "b1")` makes the DB subnet group data.
    """
    ec2, rds = account.client("ec2"), account.client("rds")
    home = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]

    class Vpc:
        id = home
        subnets: dict[str, str] = {}
        groups: dict[str, str] = {}

        def public(self, *names):
            gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=home)
            table = ec2.create_route_table(VpcId=home)["RouteTable"]["RouteTableId"]
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
            for name in names:
                ec2.associate_route_table(RouteTableId=table, SubnetId=self.subnets[name])

        def let_in(self, group, port, source):
            permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
            if "/" in source:
                permission["IpRanges"] = [{"CidrIp": source}]
            else:
                permission["UserIdGroupPairs"] = [{"GroupId": self.groups[source]}]
            ec2.authorize_security_group_ingress(GroupId=self.groups[group], IpPermissions=[permission])

        def subnet_group(self, *names):
            rds.create_db_subnet_group(
                DBSubnetGroupName="data",
                DBSubnetGroupDescription="data",
                SubnetIds=[self.subnets[name] for name in names],
            )

        def server(self, group, subnet="a1"):
            """An instance that wears the group."""
            ec2.run_instances(
                ImageId="ami-12c6146b",
                MinCount=1,
                MaxCount=1,
                SubnetId=self.subnets[subnet],
                SecurityGroupIds=[self.groups[group]],
            )

    made = Vpc()
    made.subnets, made.groups = {}, {}
    for number, (name, zone) in enumerate([("a1", "a"), ("a2", "a"), ("b1", "b")]):
        made.subnets[name] = ec2.create_subnet(
            VpcId=home, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
    for name in ("web", "db", "jump", "pool"):
        made.groups[name] = ec2.create_security_group(GroupName=name, Description=name, VpcId=home)["GroupId"]
    return made
