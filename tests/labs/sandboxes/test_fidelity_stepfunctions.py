"""Step Functions: definitions that are refused, and executions that do what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(box: Any) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return str(box("iam", "CreateRole", RoleName="flow", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"])


def may(box: Any, *actions: str) -> None:
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    box("iam", "PutRolePolicy", RoleName="flow", PolicyName="p", PolicyDocument=document(allow))


def machine(box: Any, role: str, states: dict[str, Any], **more: Any) -> str:
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    made = box("stepfunctions", "CreateStateMachine", name="m", definition=definition, roleArn=role, **more)
    return str(made["stateMachineArn"])


def start(box: Any, arn: str, data: Any = None) -> str:
    given = {"stateMachineArn": arn, "input": json.dumps({} if data is None else data)}
    return str(box("stepfunctions", "StartExecution", **given)["executionArn"])


def told(box: Any, execution: str) -> dict[str, Any]:
    return dict(box("stepfunctions", "DescribeExecution", executionArn=execution))


def ran(box: Any, role: str, states: dict[str, Any], data: Any = None) -> Any:
    found = told(box, start(box, machine(box, role, states), data))
    return json.loads(found["output"]) if found["status"] == "SUCCEEDED" else (found["status"], found.get("error"))


def history(box: Any, execution: str) -> list[str]:
    return [each["type"] for each in box("stepfunctions", "GetExecutionHistory", executionArn=execution)["events"]]


END = {"Type": "Pass", "End": True}


class TestDefinitions:
    @pytest.mark.parametrize(
        ("definition", "said"),
        [
            ("{", "INVALID_JSON_DESCRIPTION"),
            ({"StartAt": "A", "States": {}}, "must not be empty"),
            ({"StartAt": "B", "States": {"A": END}}, "MISSING_TRANSITION_TARGET"),
            ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "End or Next"),
            ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Z"}}}, "MISSING_TRANSITION_TARGET.*Z"),
            ({"StartAt": "A", "States": {"A": {"Type": "Jump", "End": True}}}, "is not one of"),
            ({"StartAt": "A", "States": {"A": {"Type": "Task", "End": True}}}, "Resource"),
            ({"StartAt": "A", "States": {"A": END, "B": END}}, "not reachable"),
        ],
    )
    def test_what_is_none_is_refused(self, box: Any, role: str, definition: Any, said: str) -> None:
        text = definition if isinstance(definition, str) else json.dumps(definition)
        with pytest.raises(Refused, match=f"InvalidDefinition.*{said}"):
            box("stepfunctions", "CreateStateMachine", name="m", definition=text, roleArn=role)

    def test_the_role_must_trust(self, box: Any, role: str) -> None:
        with pytest.raises(Refused, match="is authorized to assume the provided role"):
            machine(box, role.replace("flow", "other"), {"A": END})


class TestStates:
    def test_a_choice_and_paths(self, box: Any, role: str) -> None:
        states = {
            "Ask": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [{"Variable": "$.n", "IsPresent": True}, {"Variable": "$.n", "NumericGreaterThan": 3}],
                        "Next": "Big",
                    }
                ],
                "Default": "Small",
            },
            "Big": {
                "Type": "Pass",
                "Parameters": {"text.$": "States.Format('{} of {}', $.n, $$.StateMachine.Name)", "kept": 1},
                "ResultPath": "$.said",
                "OutputPath": "$.said",
                "End": True,
            },
            "Small": {"Type": "Fail", "Error": "TooSmall", "Cause": "n"},
        }
        arn = machine(box, role, states)
        big, small = start(box, arn, {"n": 5}), start(box, arn, {"n": 2})
        assert json.loads(told(box, big)["output"]) == {"text": "5 of m", "kept": 1}
        assert (told(box, small)["status"], told(box, small)["error"]) == ("FAILED", "TooSmall")
        assert history(box, big) == [
            "ExecutionStarted", "ChoiceStateEntered", "ChoiceStateExited", "PassStateEntered", "PassStateExited",
            "ExecutionSucceeded",
        ]  # fmt: skip

    def test_a_map_and_branches(self, box: Any, role: str) -> None:
        each = {
            "StartAt": "Add",
            "States": {"Add": {"Type": "Pass", "Parameters": {"v.$": "States.MathAdd($.v, 1)"}, "End": True}},
        }
        states = {
            "Both": {
                "Type": "Parallel",
                "Branches": [
                    {
                        "StartAt": "L",
                        "States": {"L": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": each, "End": True}},
                    },
                    {"StartAt": "R", "States": {"R": {"Type": "Pass", "Result": "right", "End": True}}},
                ],
                "End": True,
            }
        }
        assert ran(box, role, states, {"items": [{"v": 1}, {"v": 2}]}) == [[{"v": 2}, {"v": 3}], "right"]

    def test_a_wait_takes_its_time_and_lives_through_a_snapshot(self, box: Any, role: str, yard: Any) -> None:
        url = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
        may(box, "sqs:SendMessage")
        send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
                "Parameters": {"QueueUrl": url, "MessageBody": {"hello": "there"}}}  # fmt: skip
        execution = start(box, machine(box, role, {"W": {"Type": "Wait", "Seconds": 600, "Next": "S"}, "S": send}))
        assert told(box, execution)["status"] == "RUNNING"
        assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=url)
        other = yard.open(box.spec.number)
        yard.run(other.cell.load(yard.run(box.cell.dump())))
        for one in (box, other):
            one.learner.at += 700
            one.learner.seq = max(one.learner.seq, 50)
            assert told(one, execution)["status"] == "SUCCEEDED"
            assert json.loads(one("sqs", "ReceiveMessage", QueueUrl=url)["Messages"][0]["Body"]) == {"hello": "there"}
            assert "Messages" not in one("sqs", "ReceiveMessage", QueueUrl=url)


class TestTasks:
    def test_services_are_called_as_the_role(self, box: Any, role: str) -> None:
        box("dynamodb", "CreateTable", TableName="t", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")  # fmt: skip
        put = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "ResultPath": None, "Next": "Get",
               "Parameters": {"TableName": "t", "Item": {"id": {"S.$": "$.id"}}}}  # fmt: skip
        get = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "End": True,
               "Parameters": {"TableName": "t", "Key": {"id": {"S.$": "$.id"}}}, "OutputPath": "$.Item"}  # fmt: skip
        arn = machine(box, role, {"Put": put, "Get": get})
        refused = told(box, start(box, arn, {"id": "x"}))
        assert refused["status"] == "FAILED"
        assert "is not authorized to perform: dynamodb:PutItem" in refused["cause"]
        may(box, "dynamodb:*")
        assert json.loads(told(box, start(box, arn, {"id": "x"}))["output"]) == {"id": {"S": "x"}}

    def test_what_fails_is_tried_again_and_caught(self, box: Any, role: str) -> None:
        may(box, "sqs:*")
        url = f"https://sqs.us-east-1.amazonaws.com/{box.spec.account_id}/none"
        task = {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
            "Parameters": {"QueueUrl": url, "MessageBody": "x"},
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 60, "MaxAttempts": 2, "BackoffRate": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "Sorry"}],
        }  # fmt: skip
        execution = start(box, machine(box, role, {"Send": task, "Sorry": END}), {"a": 1})
        assert told(box, execution)["status"] == "RUNNING"
        box.learner.at += 200
        found = json.loads(told(box, execution)["output"])
        assert (
            found["a"],
            "QueueDoesNotExist" in found["why"]["Error"] or "NonExistentQueue" in found["why"]["Error"],
        ) == (1, True)
        assert history(box, execution).count("TaskFailed") == 3

    def test_a_token_is_waited_for(self, box: Any, role: str) -> None:
        may(box, "sqs:*")
        url = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True,
                "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}}  # fmt: skip
        execution = start(box, machine(box, role, {"Ask": task}))
        assert told(box, execution)["status"] == "RUNNING", (
            told(box, execution)["error"],
            told(box, execution)["cause"],
        )
        token = json.loads(box("sqs", "ReceiveMessage", QueueUrl=url)["Messages"][0]["Body"])["token"]
        box("stepfunctions", "SendTaskSuccess", taskToken=token, output='{"yes": true}')
        assert json.loads(told(box, execution)["output"]) == {"yes": True}
        with pytest.raises(Refused, match="InvalidToken"):
            box("stepfunctions", "SendTaskFailure", taskToken="x", error="E")

    def test_an_express_one_answers_at_once(self, box: Any, role: str) -> None:
        arn = machine(box, role, {"W": {"Type": "Wait", "Seconds": 5, "Next": "E"}, "E": END}, type="EXPRESS")
        found = box("stepfunctions", "StartSyncExecution", stateMachineArn=arn, input='{"a": 1}')
        assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"a": 1})
