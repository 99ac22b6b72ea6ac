"""What a CloudFormation template would make, as actions: a stack gives nobody more than they may do by hand.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from graders.iam import actions
from labs.sandboxes.emulated.errors import AwsError

__all__ = ["made_by"]

_PREFIXES: Final = {
    "ApplicationAutoScaling": "application-autoscaling",
    "AutoScaling": "autoscaling",
    "CertificateManager": "acm",
    "CloudWatch": "cloudwatch",
    "Cognito": "cognito-idp",
    "EFS": "elasticfilesystem",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "StepFunctions": "states",
}
# Types whose action is not Create and the type's name.
_ACTIONS: Final = {
    "AWS::ApiGateway::RestApi": "apigateway:POST",
    "AWS::ApiGatewayV2::Api": "apigateway:POST",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
    "AWS::EC2::EIP": "ec2:AllocateAddress",
    "AWS::EC2::Instance": "ec2:RunInstances",
    "AWS::Events::Rule": "events:PutRule",
    "AWS::IAM::ManagedPolicy": "iam:CreatePolicy",
    "AWS::IAM::Policy": "iam:PutRolePolicy",
    "AWS::Lambda::Permission": "lambda:AddPermission",
    "AWS::Logs::MetricFilter": "logs:PutMetricFilter",
    "AWS::S3::BucketPolicy": "s3:PutBucketPolicy",
    "AWS::SNS::Subscription": "sns:Subscribe",
    "AWS::SNS::TopicPolicy": "sns:SetTopicAttributes",
    "AWS::SQS::QueuePolicy": "sqs:SetQueueAttributes",
    "AWS::SSM::Parameter": "ssm:PutParameter",
}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (!Ref, !Sub, …), which are read as None: their values are not known yet."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def made_by(template: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (action, properties) for each resource of a template that we know the action of."""
    try:
        read = json.loads(template) if template.lstrip().startswith("{") else yaml.load(template, _Loader)  # noqa: S506
    except (AwsError, RecursionError, ValueError, yaml.YAMLError):
        return  # CloudFormation will say what is wrong with it
    resources = read.get("Resources") if isinstance(read, Mapping) else None
    for resource in resources.values() if isinstance(resources, Mapping) else ():
        kind = str(resource.get("Type", "")) if isinstance(resource, Mapping) else ""
        action = _ACTIONS.get(kind) or _created(kind)
        if action:
            properties = resource.get("Properties")
            yield action, dict(properties) if isinstance(properties, Mapping) else {}


def _created(kind: str) -> str:
    parts = kind.split("::")
    if len(parts) != 3 or parts[0] != "AWS":
        return ""
    prefix = _PREFIXES.get(parts[1], parts[1].lower())
    try:
        return actions.find(f"{prefix}:Create{parts[2]}").name
    except actions.UnknownAction:
        return ""
