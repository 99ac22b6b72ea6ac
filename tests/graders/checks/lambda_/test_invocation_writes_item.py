import io
import json
import zipfile

import pytest

CHECK = "lambda.invocation_writes_item"
CALL = {
    "function": "keep",
    "table": "notes",
    "item": {"who": "ann", "text": "hello"},
    "payload": {"who": "ann", "text": "hello"},
}
PUT = "boto3.client('dynamodb').put_item(TableName='notes', Item={'who': {'S': event['who']}, 'text': {'S': event['text']}})"
pytestmark = pytest.mark.stack


@pytest.fixture
def function(cell):
    """`function(body, allow=[…])`: the function `keep` beside the table `notes`; its role may do `allow`."""

    def function(body=PUT, *, allow=("dynamodb:PutItem",), name="keep", region="us-east-1"):
        cell.client("dynamodb").create_table(
            TableName="notes",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "who", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "who", "AttributeType": "S"}],
        )
        iam = cell.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        grant = {"Effect": "Allow", "Action": list(allow), "Resource": "*"}
        iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=_policy(grant))
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr(
                "main.py", f"import boto3\n\ndef handler(event, context):\n    {body}\n    return 'done'\n"
            )
        cell.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=made,
            Handler="main.handler",
            Code={"ZipFile": code.getvalue()},
        )

    return function


def _policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class TestRight:
    def test_it_puts_the_item(self, cell, function):
        function()
        cell.passes(CHECK, **CALL)
        assert cell.client("dynamodb").scan(TableName="notes")["Count"] == 0  # the learner's own table is as it was

    def test_more_attributes_and_items_beside_it(self, cell, function):
        function(
            "for who in ('ann', 'bob'): boto3.client('dynamodb').put_item(TableName='notes', "
            "Item={'who': {'S': who}, 'text': {'S': event['text']}, 'size': {'N': '3'}})",
        )
        cell.passes(CHECK, **CALL)

    def test_by_the_resource_interface_and_an_update(self, cell, function):
        function(
            "boto3.resource('dynamodb').Table('notes').update_item(Key={'who': event['who']}, "
            "UpdateExpression='SET #t = :t', ExpressionAttributeNames={'#t': 'text'}, "
            "ExpressionAttributeValues={':t': event['text']})",
            allow=["dynamodb:UpdateItem"],
        )
        cell.passes(CHECK, **CALL)


class TestWrong:
    def test_a_role_that_may_not(self, cell, function):
        function(allow=["dynamodb:GetItem"])
        cell.fails(CHECK, "ended in an error", "is not authorized to perform: dynamodb:PutItem", **CALL)

    def test_a_function_that_only_says_so(self, cell, function):
        function("print('written')")
        cell.fails(CHECK, "wrote nothing into notes", '"done"', **CALL)

    def test_a_function_that_breaks(self, cell, function):
        function("raise ValueError('no such thing')")
        cell.fails(CHECK, "ValueError: no such thing", **CALL)


class TestNearMiss:
    def test_another_item_is_told(self, cell, function):
        function(PUT.replace("event['text']", "'always the same'"))
        cell.fails(CHECK, "wrote another item into notes", "text = always the same", **CALL)

    def test_an_item_that_was_there_before_is_none(self, cell, function):
        function("pass")
        item = {"who": {"S": "ann"}, "text": {"S": "hello"}}
        cell.client("dynamodb").put_item(TableName="notes", Item=item)
        cell.fails(CHECK, "wrote nothing into notes", **CALL)
