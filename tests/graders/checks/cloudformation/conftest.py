import json

import pytest

QUEUE = {"Type": "AWS::SQS::Queue"}
TOPIC = {"Type": "AWS::SNS::Topic"}


@pytest.fixture
def stack(account):
    """`stack({"Q": QUEUE}, outputs={"Url": {"Ref": "Q"}}, …)` makes the stack web; a text is the template itself."""

    def stack(resources, name="web", outputs=None, region=None, parameters=None, given=None, **options):
        body = resources
        if not isinstance(resources, str):
            template = {"Resources": resources, "Parameters": parameters or {}}
            template["Outputs"] = {key: {"Value": value} for key, value in (outputs or {}).items()}
            body = json.dumps(template)
        account.client("cloudformation", region).create_stack(
            StackName=name,
            TemplateBody=body,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (given or {}).items()],
            **options,
        )

    return stack


@pytest.fixture
def status():
    """`status("UPDATE_ROLLBACK_COMPLETE")`: how the stack web ended; moto has no rollback."""
    from moto.cloudformation.models import cloudformation_backends

    def status(value):
        for one in cloudformation_backends["123456789012"]["us-east-1"].stacks.values():
            one.status = value

    return status
