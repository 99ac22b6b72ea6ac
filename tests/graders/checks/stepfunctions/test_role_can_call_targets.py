import pytest

from tests.graders.checks.lambda_.conftest import function, role  # noqa: F401 - fixtures
from tests.graders.checks.stepfunctions.conftest import CHARGE, NAME, ROLE, orders, task
from tests.graders.conftest import ACCOUNT

CHECK = "stepfunctions.role_can_call_targets"
QUEUE = {"Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:review"}
TABLE = {"Action": "dynamodb:PutItem", "Resource": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"}
INVOKE = {"Action": "lambda:InvokeFunction", "Resource": CHARGE}


@pytest.fixture
def built(machine, role, function):  # noqa: F811
    """orders-flow, the function charge, and `built(…statements)`, the rights of sfn-role."""

    def built(*rights, definition=None, trusts="states.amazonaws.com"):
        role(*rights, name=ROLE.rpartition("/")[2], trusts=trusts)
        function("charge")
        machine(definition or orders())

    return built


class TestRight:
    def test_each_target_by_its_arn(self, built, passes):
        built(QUEUE, TABLE, INVOKE)
        passes(CHECK, machine=NAME)

    def test_wildcards(self, built, passes):
        built({"Action": ["sqs:*", "dynamodb:*", "lambda:*"], "Resource": "*"})
        passes(CHECK, machine=NAME)

    def test_the_integration_of_lambda(self, built, passes):
        call = task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "charge"})
        built(INVOKE, definition={"StartAt": "C", "States": {"C": call}})
        passes(CHECK, machine=NAME)


class TestWrong:
    def test_one_target_is_missing(self, built, fails):
        built(TABLE, INVOKE)
        fails(CHECK, "what the task Review asks for", "lacks sqs:SendMessage", machine=NAME)

    def test_the_role_trusts_lambda(self, built, fails):
        built(QUEUE, TABLE, INVOKE, trusts="lambda.amazonaws.com")
        fails(CHECK, "does not trust Step Functions", machine=NAME)

    def test_another_table(self, built, fails):
        built(QUEUE, INVOKE, TABLE | {"Resource": f"{TABLE['Resource']}-old"})
        fails(CHECK, "lacks dynamodb:PutItem", machine=NAME)


class TestNearMiss:
    def test_a_function_of_another_name(self, built, fails):
        built(INVOKE, definition={"StartAt": "C", "States": {"C": task(f"{CHARGE}s")}})
        fails(CHECK, "calls the function charges, which does not exist", machine=NAME)

    def test_another_region(self, machine, fails):
        machine(orders(), region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", machine=NAME)
