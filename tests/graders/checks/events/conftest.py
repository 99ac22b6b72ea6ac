import json

import pytest

from tests.graders.conftest import ACCOUNT

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/watch"


@pytest.fixture
def rule(account):
    """`rule(pattern=…, schedule=…, target=…)` makes the rule watch with the queue inbox as its target."""

    def rule(pattern=None, schedule=None, name="watch", region=None, state="ENABLED", target=QUEUE, **changes):
        events = account.client("events", region)
        given = {"EventPattern": json.dumps(pattern)} if pattern else {"ScheduleExpression": schedule}
        events.put_rule(Name=name, State=state, **given)
        if target:
            events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": target, **changes}])

    return rule


@pytest.fixture
def inbox(account):
    """The queue inbox; `inbox(service, condition)` is its policy."""

    def inbox(service="events.amazonaws.com", condition=None):
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:*", "Resource": QUEUE}
        statement["Action"] = "sqs:SendMessage"
        statement["Condition"] = condition or {}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        account.client("sqs").create_queue(QueueName="inbox", Attributes={"Policy": policy} if service else {})

    return inbox


@pytest.fixture
def role(account):
    """`role(service, action)`: the ARN of a role that the service may become and that may do the action."""

    def role(service="events.amazonaws.com", action="sqs:SendMessage", name="deliver"):
        allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam = account.client("iam")
        trust = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        grant = {"Effect": "Allow", "Action": action, "Resource": "*"}
        iam.put_role_policy(
            RoleName=name, PolicyName="do", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [grant]})
        )
        return arn

    return role
