import json

import pytest

from tests.graders.conftest import ACCOUNT

NAME = "orders-flow"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sfn-role"
CHARGE = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:charge"


def task(resource=CHARGE, **more):
    found = {"Type": "Task", "Resource": resource, **more}
    return found if "Next" in found else found | {"End": True}


def orders(limit=100, **charge):
    """Orders above the limit go to a queue, others are charged and saved."""
    queue = {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/review", "MessageBody.$": "$.id"}
    item = {"TableName": "Orders", "Item": {"id": {"S.$": "$.id"}}}
    return {
        "StartAt": "Size",
        "States": {
            "Size": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.total", "NumericGreaterThan": limit, "Next": "Review"}],
                "Default": "Charge",
            },
            "Review": task("arn:aws:states:::sqs:sendMessage", Parameters=queue),
            "Charge": task(Next="Save", ResultPath=None, **charge),
            "Save": task("arn:aws:states:::dynamodb:putItem", Parameters=item, ResultPath=None),
        },
    }


@pytest.fixture
def machine(account):
    """`machine(definition)` makes orders-flow."""

    def machine(definition, name=NAME, region=None, **options):
        account.client("stepfunctions", region).create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE, **options
        )

    return machine
