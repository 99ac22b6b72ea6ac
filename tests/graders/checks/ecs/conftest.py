import json

import pytest

from tests.graders.checks.events.conftest import role
from tests.graders.conftest import ACCOUNT

__all__ = ["role"]  # the fixture
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/catnip:1.0"


@pytest.fixture
def task(account):
    """`task(container changes, …)` registers a revision of catnip."""

    def task(container=None, family="catnip", **changes):
        one = {"name": "web", "image": "nginx", "portMappings": [{"containerPort": 5000}], **(container or {})}
        given = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
        account.client("ecs").register_task_definition(family=family, containerDefinitions=[one], **(given | changes))

    return task


@pytest.fixture
def service(account):
    """`service(group type, …)` makes the service catnip in the cluster shop behind catnip-tg."""

    def service(kind="ip", name="catnip", behind="catnip-tg", container="web", port=5000, cluster="shop", **changes):
        ec2, ecs = account.client("ec2"), account.client("ecs")
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
        worn = ec2.create_security_group(GroupName="svc", Description="svc", VpcId=vpc)["GroupId"]
        groups = {
            one: account.client("elbv2").create_target_group(
                Name=one, Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind
            )["TargetGroups"][0]["TargetGroupArn"]
            for one in ("catnip-tg", "other-tg")
        }
        ecs.create_cluster(clusterName=cluster)
        balanced = (
            [{"targetGroupArn": groups[behind], "containerName": container, "containerPort": port}] if behind else []
        )
        given = {"desiredCount": 2, "launchType": "FARGATE", "taskDefinition": "catnip", "loadBalancers": balanced}
        network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [worn]}}
        ecs.create_service(cluster=cluster, serviceName=name, networkConfiguration=network, **(given | changes))

    return service


@pytest.fixture
def image(account):
    """`image("1.0")` pushes an image of catnip."""

    def image(tag):
        ecr = account.client("ecr")
        ecr.create_repository(repositoryName="catnip")
        ecr.put_image(repositoryName="catnip", imageManifest=json.dumps(MANIFEST), imageTag=tag)

    return image
