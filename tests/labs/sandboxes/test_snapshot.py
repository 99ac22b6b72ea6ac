"""A sandbox's state as bytes: what a fresh cell makes of it answers as the old one did, for every service that we play."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from labs.sandboxes.emulated.lab import the_rest, worked_lab
from labs.sandboxes.emulated.tool import Refused

# One thing of each service, made and read back: what a pickle of its backend must carry.
MADE: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("acm", "RequestCertificate", {"DomainName": "a.example"}, "ListCertificates", {}),
    ("apigateway", "CreateRestApi", {"name": "x"}, "GetRestApis", {}),
    ("apigatewayv2", "CreateApi", {"Name": "x", "ProtocolType": "HTTP"}, "GetApis", {}),
    ("athena", "CreateWorkGroup", {"Name": "w"}, "ListWorkGroups", {}),
    ("backup", "CreateBackupVault", {"BackupVaultName": "v"}, "ListBackupVaults", {}),
    (
        "cloudtrail",
        "CreateTrail",
        {"Name": "trail", "S3BucketName": "reports-{account}"},
        "DescribeTrails",
        {},
    ),
    ("cloudwatch", "PutDashboard", {"DashboardName": "d", "DashboardBody": "{}"}, "ListDashboards", {}),
    ("codecommit", "CreateRepository", {"repositoryName": "rr"}, "GetRepository", {"repositoryName": "rr"}),
    ("codedeploy", "CreateApplication", {"applicationName": "a"}, "ListApplications", {}),
    (
        "cognito-identity",
        "CreateIdentityPool",
        {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": False},
        "ListIdentityPools",
        {"MaxResults": 9},
    ),
    ("cognito-idp", "CreateUserPool", {"PoolName": "people"}, "ListUserPools", {"MaxResults": 9}),
    ("ecr", "CreateRepository", {"repositoryName": "rr"}, "DescribeRepositories", {}),
    ("ecs", "CreateCluster", {"clusterName": "c"}, "ListClusters", {}),
    ("efs", "CreateFileSystem", {"CreationToken": "t"}, "DescribeFileSystems", {}),
    ("elasticbeanstalk", "CreateApplication", {"ApplicationName": "a"}, "DescribeApplications", {}),
    ("events", "PutRule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}, "ListRules", {}),
    ("firehose", "CreateDeliveryStream", {"DeliveryStreamName": "f", "ExtendedS3DestinationConfiguration": {
        "RoleARN": "arn:aws:iam::123456789012:role/x", "BucketARN": "arn:aws:s3:::b"}}, "ListDeliveryStreams", {}),
    ("glue", "CreateDatabase", {"DatabaseInput": {"Name": "d"}}, "GetDatabases", {}),
    ("guardduty", "CreateDetector", {"Enable": True}, "ListDetectors", {}),
    ("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": 1}, "ListStreams", {}),
    ("kms", "CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "ListKeys", {}),
    ("lambda", "ListFunctions", {}, "ListFunctions", {}),
    ("logs", "CreateLogGroup", {"logGroupName": "/x"}, "DescribeLogGroups", {}),
    ("organizations", "CreateOrganization", {"FeatureSet": "ALL"}, "ListAccounts", {}),
    ("route53", "CreateHostedZone", {"Name": "a.example", "CallerReference": "1"}, "ListHostedZones", {}),
    ("scheduler", "CreateScheduleGroup", {"Name": "g"}, "ListScheduleGroups", {}),
    ("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "x"}, "ListSecrets", {}),
    ("ses", "VerifyEmailIdentity", {"EmailAddress": "a@b.example"}, "ListIdentities", {}),
    ("sqs", "CreateQueue", {"QueueName": "q.fifo", "Attributes": {"FifoQueue": "true"}}, "ListQueues", {}),
    ("ssm", "PutParameter", {"Name": "/p", "Value": "v", "Type": "SecureString"}, "DescribeParameters", {}),
    ("wafv2", "ListWebACLs", {"Scope": "REGIONAL"}, "ListWebACLs", {"Scope": "REGIONAL"}),
]  # fmt: skip
READ = [
    ("cloudwatch", "DescribeAlarms"), ("dynamodb", "ListTables"), ("ec2", "DescribeInstances"),
    ("ec2", "DescribeSecurityGroups"), ("ec2", "DescribeVpcs"), ("elbv2", "DescribeLoadBalancers"), ("iam", "ListRoles"),
    ("iam", "ListUsers"), ("iam", "ListPolicies"), ("rds", "DescribeDBInstances"), ("s3", "ListBuckets"),
    ("sns", "ListSubscriptions"), ("cloudformation", "DescribeStacks"), ("iam", "GetAccountAuthorizationDetails"),
]  # fmt: skip


def told(answer: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in answer.items() if key != "ResponseMetadata"}, default=str)


@pytest.fixture
def worked(box: Any) -> Any:
    the_rest(box, worked_lab(box, box.spec.account_id)["role"])
    return box


def test_every_service_answers_as_before(worked: Any, yard: Any) -> None:
    for service, make, parameters, _, _ in MADE:
        worked(service, make, **{k: v.replace("{account}", worked.spec.account_id) if isinstance(v, str) else v
                                 for k, v in parameters.items()})  # fmt: skip
    reads = [(service, read, given) for service, _, _, read, given in MADE] + [(s, o, {}) for s, o in READ]
    seq, written = worked.learner.seq, [yard.run(worked.cell.dump()), yard.run(_aside(worked.cell))]
    before = {(service, read): told(worked(service, read, **given)) for service, read, given in reads}
    for data in written:
        other = yard.open(worked.spec.number)
        yard.run(other.cell.load(data))
        other.learner.seq = seq  # the same calls, at the same times
        assert {(service, read): told(other(service, read, **given)) for service, read, given in reads} == before
        other.close()


async def _aside(cell: Any) -> bytes:
    return bytes(await (await cell.dump_aside()))


def test_what_is_done_afterwards_has_the_same_ids(worked: Any, yard: Any) -> None:
    data = yard.run(worked.cell.dump())
    other = yard.open(worked.spec.number)
    yard.run(other.cell.load(data))
    other.learner.seq = worked.learner.seq
    for call in (("ec2", "CreateVpc", {"CidrBlock": "10.9.0.0/16"}), ("kms", "CreateKey", {})):
        assert told(worked(call[0], call[1], **call[2])) == told(other(call[0], call[1], **call[2]))


def test_keys_sessions_and_messages_go_along(worked: Any, yard: Any) -> None:
    worked("iam", "CreateUser", UserName="cem")
    key = worked("iam", "CreateAccessKey", UserName="cem")["AccessKey"]["AccessKeyId"]
    session = worked("sts", "GetSessionToken")["Credentials"]["AccessKeyId"]
    url = worked("sqs", "CreateQueue", QueueName="mail")["QueueUrl"]
    worked("sqs", "SendMessage", QueueUrl=url, MessageBody="hello")
    inbox = worked.inbox()
    other = yard.open(worked.spec.number)
    yard.run(other.cell.load(yard.run(worked.cell.dump())))
    other.learner.seq = worked.learner.seq
    assert other.tool(key)("sts", "GetCallerIdentity")["Arn"].endswith("user/cem")
    assert other.tool(session)("sts", "GetCallerIdentity")["Arn"].endswith("user/learner")
    with pytest.raises(Refused, match="is not authorized"):
        other.tool(key)("sqs", "ListQueues")
    assert other("sqs", "ReceiveMessage", QueueUrl=url)["Messages"][0]["Body"] == "hello"
    assert other.inbox() == inbox
    assert other("s3", "GetObject", Bucket=f"reports-{other.spec.account_id}", Key="reports/a.txt")["Body"] == b"hello"


@pytest.mark.parametrize("data", [b"", b"no snapshot", b"\x78\x9c" + bytes(40)])
def test_what_is_no_snapshot_is_refused_and_the_cell_goes_on(box: Any, yard: Any, data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        yard.run(box.cell.load(data))
    box("s3", "ListBuckets")


# Registries of backends apart, these are all of moto's module-level state that a call changes. The first counts calls
# of a mode that we do not use; the others snapshot._introduce() makes anew.
KNOWN = {
    "moto.core.authorization:ActionAuthenticatorMixin.request_count",
    "moto.core.base_backend:BackendDict._instances",
    "moto.ec2.models.transit_gateway_attachments:TransitGatewayAttachmentBackend.backend_refs",
    "moto.ec2.models.vpc_peering_connections:VPCPeeringConnectionBackend.vpc_pcx_refs",
    "moto.ec2.models.vpcs:VPCBackend.vpc_refs",
}
WATCH = """
import json, sys, time
from labs.sandboxes.emulated import dispatch, zygote
zygote.warm_up()
from moto.core.base_backend import BackendDict
from moto.core.utils import get_service_model
from labs.sandboxes import account_id_for, keys
from labs.sandboxes.emulated.frames import CellSpec
from labs.sandboxes.emulated.lab import the_rest, worked_lab
from labs.sandboxes.emulated.tool import Tool
from labs.sandboxes.emulated.world import WORLD

def state():
    found = {}
    for name, module in list(sys.modules.items()):
        for attribute, value in list(vars(module).items()) if name.startswith("moto.") else ():
            if isinstance(value, type) and value.__module__ == name:
                for inner, held in list(vars(value).items()):
                    if isinstance(held, (dict, list, set, int)) and not inner.startswith("__"):
                        found[f"{name}:{attribute}.{inner}"] = repr(held)[:2000]
            elif isinstance(value, (dict, list, set, int)) and not isinstance(value, BackendDict):
                found[f"{name}:{attribute}"] = repr(value)[:2000]
    return found

before = state()
WORLD.begin(CellSpec(7, 1, account_id_for(7), "us-east-1", bytes(32), ""))
learner = Tool(dispatch.answer, keys.mint_access_key(7, 0), models=get_service_model, at=time.time())
the_rest(learner, worked_lab(learner, account_id_for(7))["role"])
print(json.dumps([name for name, value in state().items() if before.get(name) != value]))
"""


def test_no_other_state_of_motos_modules_changes() -> None:
    made = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True, check=True)
    assert set(json.loads(made.stdout.splitlines()[-1])) <= KNOWN
