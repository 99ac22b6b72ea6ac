"""The zygote's warm-up: a typical lab, worked in an account that is then forgotten.

Serving real requests builds what moto and botocore build at first use (service models, routes, url tables, parsers). What
is built here is shared by all cells; what a cell builds itself is its own memory, and a learner's waiting time.
"""

from __future__ import annotations

import functools
import gc
import os
import sys
from typing import Any, Final

from moto.core.utils import get_service_model

from labs.sandboxes import keys
from labs.sandboxes.emulated import snapshot
from labs.sandboxes.emulated.dispatch import answer
from labs.sandboxes.emulated.lab import the_rest, worked_lab
from labs.sandboxes.emulated.principals import forget_attachments
from labs.sandboxes.emulated.tool import Refused, Tool
from labs.sandboxes.emulated.world import PHANTOM, WORLD

__all__ = ["READS", "exercise", "forget"]

# One read of each service that a lab may begin with: its model, routes and url table.
READS: Final[tuple[tuple[Any, ...], ...]] = (
    ("acm", "ListCertificates"),
    ("apigateway", "GetRestApis"),
    ("apigatewayv2", "GetApis"),
    ("application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "ecs"}),
    ("athena", "ListWorkGroups"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("backup", "ListBackupVaults"),
    ("budgets", "DescribeBudgets", {"AccountId": PHANTOM.account_id}),
    ("cloudformation", "DescribeStacks"),
    ("cloudfront", "ListDistributions"),
    ("cloudtrail", "DescribeTrails"),
    ("cloudwatch", "DescribeAlarms"),
    ("codebuild", "ListProjects"),
    ("codedeploy", "ListApplications"),
    ("codepipeline", "ListPipelines"),
    ("cognito-identity", "ListIdentityPools", {"MaxResults": 10}),
    ("cognito-idp", "ListUserPools", {"MaxResults": 10}),
    ("config", "DescribeConfigurationRecorders"),
    ("dynamodb", "ListTables"),
    ("dynamodbstreams", "ListStreams"),
    ("ecr", "DescribeRepositories"),
    ("ecs", "ListClusters"),
    ("efs", "DescribeFileSystems"),
    ("eks", "ListClusters"),
    ("elasticache", "DescribeCacheClusters"),
    ("elasticbeanstalk", "DescribeEnvironments"),
    ("elb", "DescribeLoadBalancers"),
    ("elbv2", "DescribeLoadBalancers"),
    ("events", "ListRules"),
    ("firehose", "ListDeliveryStreams"),
    ("glue", "GetDatabases"),
    ("guardduty", "ListDetectors"),
    ("iam", "ListUsers"),
    ("kinesis", "ListStreams"),
    ("kms", "ListKeys"),
    ("lambda", "ListFunctions"),
    ("logs", "DescribeLogGroups"),
    ("organizations", "ListAccounts"),
    ("pipes", "ListPipes"),
    ("ram", "GetResourceShares", {"resourceOwner": "SELF"}),
    ("rds", "DescribeDBInstances"),
    ("redshift", "DescribeClusters"),
    ("resource-groups", "ListGroups"),
    ("resourcegroupstaggingapi", "GetResources"),
    ("route53", "ListHostedZones"),
    ("s3", "ListBuckets"),
    ("s3control", "GetPublicAccessBlock", {"AccountId": PHANTOM.account_id}),
    ("scheduler", "ListSchedules"),
    ("secretsmanager", "ListSecrets"),
    ("servicediscovery", "ListNamespaces"),
    ("ses", "ListIdentities"),
    ("sesv2", "ListEmailIdentities"),
    ("sns", "ListTopics"),
    ("sqs", "ListQueues"),
    ("ssm", "DescribeParameters"),
    ("stepfunctions", "ListStateMachines"),
    ("sts", "GetCallerIdentity"),
    ("wafv2", "ListWebACLs", {"Scope": "REGIONAL"}),
)


def exercise() -> None:
    """Work through the reads and the lab in the phantom account."""
    os.environ["MOTO_ACCOUNT_ID"] = PHANTOM.account_id
    WORLD.begin(PHANTOM)
    tool = Tool(answer, keys.mint_access_key(PHANTOM.number, keys.LEARNER_SERIAL), models=get_service_model)
    for service, operation, *parameters in READS:
        try:
            tool(service, operation, **(parameters[0] if parameters else {}))
        except Refused as refusal:
            if refusal.response.status >= 500:
                print(f"zygote: {service} {operation}: {refusal}", file=sys.stderr)
    the_rest(tool, worked_lab(tool, PHANTOM.account_id)["role"])
    snapshot.warm_up()


def forget() -> None:
    """Drop the phantom account: its backends, its bucket names, and what caches hold of it."""
    from moto.core.base_backend import BackendDict
    from moto.s3.models import s3_backends

    for backends in list(BackendDict._instances):
        for account in list(backends):
            dict.pop(backends, account)
    BackendDict._instances.clear()
    s3_backends.bucket_accounts.clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and name.endswith("models"):
            for value in list(vars(module).values()):
                if isinstance(value, type):
                    for cached in vars(value).values():
                        if isinstance(cached, functools._lru_cache_wrapper):
                            cached.cache_clear()
    forget_attachments()
    os.environ.pop("MOTO_ACCOUNT_ID", None)
    WORLD.begin(PHANTOM)
    gc.collect()
