import json

import pytest

CHECK = "ec2.vpc_flow_logs_deliver"
CALL = {"vpc": "app-vpc"}
WRITE = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.account.client("logs").create_log_group(logGroupName="/vpc/flow")
    return net


def role(net, service="vpc-flow-logs.amazonaws.com", actions=WRITE, resource="*"):
    iam = net.account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = iam.create_role(
        RoleName="flow", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    grant = {"Effect": "Allow", "Action": actions, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    iam.put_role_policy(RoleName="flow", PolicyName="write", PolicyDocument=document)
    return made["Role"]["Arn"]


def log(net, *names, kind="VPC", traffic="ALL", arn=None, group="/vpc/flow"):
    net.ec2.create_flow_logs(
        ResourceType=kind,
        ResourceIds=[net.ids[one] for one in names or ("app-vpc",)],
        TrafficType=traffic,
        LogGroupName=group,
        DeliverLogsPermissionArn=arn or role(net),
    )


class TestRight:
    def test_of_the_vpc(self, site, passes):
        log(site)
        passes(CHECK, **CALL, log_group="/vpc/flow")

    def test_of_every_subnet(self, site, passes):
        site.subnet("private-b")
        log(site, "private-a", "private-b", kind="Subnet")
        passes(CHECK, **CALL)

    def test_into_a_bucket(self, site, passes):
        site.account.client("s3").create_bucket(Bucket="acme-flow")
        site.ec2.create_flow_logs(
            ResourceType="VPC", ResourceIds=[site.vpc], TrafficType="ALL",
            LogDestinationType="s3", LogDestination="arn:aws:s3:::acme-flow",
        )  # fmt: skip
        passes(CHECK, **CALL)

    def test_all_where_rejected_traffic_is_asked(self, site, passes):
        arn = role(site, actions="logs:*", resource="arn:aws:logs:*:*:log-group:/vpc/*")
        log(site, arn=arn)
        passes(CHECK, vpc=site.vpc, traffic="REJECT")


class TestWrong:
    def test_rejected_traffic_only(self, site, fails):
        log(site, traffic="REJECT")
        fails(CHECK, "records REJECT traffic, not ALL", **CALL)

    def test_a_role_for_another_service(self, site, fails):
        log(site, arn=role(site, service="ec2.amazonaws.com"))
        fails(CHECK, "does not let vpc-flow-logs.amazonaws.com become it", **CALL)

    def test_a_role_that_may_not_write(self, site, fails):
        log(site, arn=role(site, actions=["logs:CreateLogStream"]))
        fails(CHECK, "role flow lacks logs:PutLogEvents", **CALL)

    def test_a_log_group_that_is_not_there(self, site, fails):
        log(site, group="/vpc/other")
        fails(CHECK, "the log group /vpc/other is not there", **CALL)

    def test_one_of_two_subnets(self, site, fails):
        site.subnet("private-b")
        log(site, "private-a", kind="Subnet")
        fails(CHECK, "only a part of app-vpc, not its subnets private-b", **CALL)


class TestNearMiss:
    def test_of_another_vpc(self, site, fails):
        site.ids["other"] = site.ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
        log(site, "other")
        fails(CHECK, f"There is one of {site.ids['other']}", **CALL)

    def test_into_another_group(self, site, fails):
        log(site)
        fails(CHECK, "goes to /vpc/flow, not to the log group /vpc/all", **CALL, log_group="/vpc/all")
