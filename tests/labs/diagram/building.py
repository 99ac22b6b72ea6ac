"""Accounts to draw: a shop of three tiers with all that one asks about, and accounts made at random."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from labs.diagram import Frame, Link, Sketch, Thing
from labs.diagram.model import KINDS, LINKS, Badge
from labs.diagram.services import OUTSIDE, PEOPLE

Clients = Callable[[str], Any]
SERVICES = ("ec2", "rds", "s3", "sns", "sqs", "cloudwatch", "iam", "dynamodb")
HOSTILE = ("<script>alert(1)</script>", "x" * 200, "مرحبا بالعالم", "a‮evil\x08", '"><img src=x>', "名前" * 40, "&amp;")


def named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def trust(service: str) -> str:
    who = {"Service": f"{service}.amazonaws.com"}
    return policy({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def port(number: int, **sources: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": number, "ToPort": number, **sources}]


def build_network(client: Clients) -> dict[str, str]:
    """Make a VPC of three tiers in two zones; return the ids by name."""
    ec2 = client("ec2")
    found = {"vpc": ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=named("vpc", "shop"))["Vpc"]["VpcId"]}
    for place, name in enumerate(("web-a", "web-b", "app-a", "app-b", "db-a", "db-b")):
        found[name] = ec2.create_subnet(
            VpcId=found["vpc"],
            CidrBlock=f"10.0.{place}.0/24",
            AvailabilityZone=f"us-east-1{name[-1]}",
            TagSpecifications=named("subnet", name),
        )["Subnet"]["SubnetId"]
    made = ec2.create_internet_gateway(TagSpecifications=named("internet-gateway", "door"))
    found["igw"] = made["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=found["igw"], VpcId=found["vpc"])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(
        SubnetId=found["web-a"], AllocationId=address, TagSpecifications=named("natgateway", "out")
    )
    found["nat"] = nat["NatGateway"]["NatGatewayId"]
    for tier, target in (("web", {"GatewayId": found["igw"]}), ("app", {"NatGatewayId": found["nat"]})):
        table = ec2.create_route_table(VpcId=found["vpc"])["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for zone in "ab":
            ec2.associate_route_table(RouteTableId=table, SubnetId=found[f"{tier}-{zone}"])
    for name in ("alb", "app", "db", "bastion"):
        found[f"sg-{name}"] = ec2.create_security_group(GroupName=name, Description="x", VpcId=found["vpc"])["GroupId"]
    rules = (("alb", port(80, IpRanges=[{"CidrIp": "0.0.0.0/0"}])),)
    rules += (("app", port(8080, UserIdGroupPairs=[{"GroupId": found["sg-alb"]}])),)
    rules += (("db", port(3306, UserIdGroupPairs=[{"GroupId": found["sg-app"]}])),)
    for name, rule in rules:
        ec2.authorize_security_group_ingress(GroupId=found[f"sg-{name}"], IpPermissions=rule)
    return found


def build_shop(client: Clients, account: str) -> dict[str, str]:
    """Make the whole shop: network, servers behind a load balancer, a database in two zones, messages, an alarm, roles."""
    found = build_network(client)
    ec2, iam = client("ec2"), client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust("ec2"))
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    for zone in "ab":
        made = ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.micro",
            SubnetId=found[f"app-{zone}"],
            SecurityGroupIds=[found["sg-app"]],
            IamInstanceProfile={"Name": "app"},
            TagSpecifications=named("instance", f"shop-{zone}"),
        )
        found[f"shop-{zone}"] = made["Instances"][0]["InstanceId"]
    elb = client("elbv2")
    web = [found["web-a"], found["web-b"]]
    balancer = elb.create_load_balancer(Name="shop", Subnets=web, SecurityGroups=[found["sg-alb"]])["LoadBalancers"][0]
    group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=8080, VpcId=found["vpc"])["TargetGroups"][0]
    targets = [{"Id": found[f"shop-{zone}"]} for zone in "ab"]
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=targets)
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    rds = client("rds")
    homes = [found["db-a"], found["db-b"]]
    rds.create_db_subnet_group(DBSubnetGroupName="shop", DBSubnetGroupDescription="x", SubnetIds=homes)
    rds.create_db_instance(
        DBInstanceIdentifier="shop-db",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="correct-horse-1",
        DBSubnetGroupName="shop",
        MultiAZ=True,
        VpcSecurityGroupIds=[found["sg-db"]],
    )
    build_messages(client, account)
    return found


def build_messages(client: Clients, account: str) -> None:
    """Make what stands in no VPC: buckets, a topic with its subscribers, queues, an alarm, a table, a role."""
    s3, sns, sqs, iam = client("s3"), client("sns"), client("sqs"), client("iam")
    for name in ("shop-invoices", "shop-logs"):
        s3.create_bucket(Bucket=name)
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sqs.create_queue(QueueName="orders-dead")
    arn = f"arn:aws:sqs:us-east-1:{account}:orders"
    senders = {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}
    sqs.create_queue(
        QueueName="orders",
        Attributes={
            "Policy": policy({"Effect": "Allow", "Principal": senders, "Action": "sqs:SendMessage", "Resource": arn}),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{arn}-dead", "maxReceiveCount": 3}),
        },
    )
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    s3.put_bucket_notification_configuration(
        Bucket="shop-invoices",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="db-cpu-high",
        Namespace="AWS/RDS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "shop-db"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    client("dynamodb").create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    iam.create_role(RoleName="reporting", AssumeRolePolicyDocument=trust("lambda"))
    may_read = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject"}
    document = policy({**may_read, "Resource": "arn:aws:s3:::shop-invoices/reports/*"})
    iam.put_role_policy(RoleName="reporting", PolicyName="read", PolicyDocument=document)


def random_sketch(seed: int) -> Sketch:
    """Return an account that nobody would make by hand: any nesting, any links, names of any length and script."""
    draw = random.Random(seed)

    def name(stem: str) -> str:
        return draw.choice(HOSTILE) if draw.random() < 0.2 else stem * draw.randint(1, 6)

    frames: list[Frame] = []
    places = [OUTSIDE, OUTSIDE, PEOPLE]
    for vpc in range(draw.randint(0, 3)):
        key = f"vpc-{vpc}"
        if draw.random() < 0.25:
            frames.append(Frame(key, "vpc", "Default VPC", note="172.31.0.0/16 · nothing in it", small=True))
            continue
        frames.append(Frame(key, "vpc", name("net"), note="10.0.0.0/16"))
        places.append(key)
        for zone in "abcd"[: draw.randint(0, 4)]:
            frames.append(Frame(f"{key}/{zone}", "zone", f"us-east-1{zone}", within=key))
            for number in range(draw.randint(1, 4)):
                pill = draw.choice(("public", "private", "isolated"))
                subnet = f"{key}/{zone}/{number}"
                frames.append(Frame(subnet, "subnet", name("sub"), f"{key}/{zone}", f"10.0.{number}.0/24", pill))
                places += [subnet, subnet]
    kinds = [one for one in KINDS if one not in ("internet", "more")]
    things = [
        Thing(
            f"thing-{number}",
            draw.choice(kinds),
            name("thing"),
            draw.choice(places),
            note=name("note") if draw.random() < 0.5 else "",
            badges=tuple(Badge(name("web"), "group") for _ in range(draw.choice((0, 0, 1, 2, 5)))),
        )
        for number in range(draw.randint(1, 60))
    ]
    if draw.random() < 0.6:
        things.insert(0, Thing("internet", "internet", "Internet", "", note="everybody else"))
    links = {
        Link(draw.choice(things).key, draw.choice(things).key, draw.choice(list(LINKS)), draw.choice(("", "tcp 443")))
        for _ in range(draw.randint(0, 2 * len(things)))
    }
    fit = sorted((one for one in links if one.source != one.target), key=lambda one: (one.source, one.target, one.kind))
    return Sketch("123456789012", "us-east-1", tuple(things), tuple(frames), tuple(fit))
