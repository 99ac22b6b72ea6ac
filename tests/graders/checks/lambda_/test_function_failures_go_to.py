import pytest

from tests.graders.checks.lambda_.conftest import NAME
from tests.graders.conftest import ACCOUNT

CHECK = "lambda.function_failures_go_to"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:failed"
SEND = {"Action": "sqs:SendMessage", "Resource": QUEUE}
CALL = {"function": NAME, "destination": "failed"}


@pytest.fixture
def sends(account, function):
    """The queue failed, and `sends(OnFailure=QUEUE)`, where orders sends what becomes of its events."""
    account.client("sqs").create_queue(QueueName="failed")

    def sends(rights=(SEND,), **on):
        function(rights=rights)
        if on:
            account.client("lambda").put_function_event_invoke_config(
                FunctionName=NAME, DestinationConfig={key: {"Destination": arn} for key, arn in on.items()}
            )

    return sends


class TestRight:
    def test_a_destination(self, sends, passes):
        sends(OnFailure=QUEUE)
        passes(CHECK, **CALL)

    def test_by_its_arn(self, sends, passes):
        sends(OnFailure=QUEUE, OnSuccess=f"{QUEUE}-good")
        passes(CHECK, function=NAME, destination=QUEUE)

    def test_a_dead_letter_queue(self, sends, passes, monkeypatch):
        from moto.awslambda.models import LambdaFunction

        sends()
        shown = LambdaFunction.get_configuration
        dead = {"DeadLetterConfig": {"TargetArn": QUEUE}}
        monkeypatch.setattr(LambdaFunction, "get_configuration", lambda *given, **named: shown(*given, **named) | dead)
        passes(CHECK, **CALL)

    def test_a_topic(self, sends, account, passes):
        arn = account.client("sns").create_topic(Name="oncall")["TopicArn"]
        sends(rights=({"Action": "sns:Publish", "Resource": "*"},), OnFailure=arn)
        passes(CHECK, function=NAME, destination="oncall")


class TestWrong:
    def test_nothing(self, sends, fails):
        sends()
        fails(CHECK, "after its retries it is lost", **CALL)

    def test_a_role_that_may_not_send(self, sends, fails):
        sends(rights=(), OnFailure=QUEUE)
        fails(CHECK, "The role orders-role may not send to failed", "lacks sqs:SendMessage", **CALL)

    def test_only_the_alias_is_called(self, sends, fails):
        sends(OnFailure=QUEUE)
        fails(CHECK, "is set on the function without an alias, not on orders:live", **CALL, alias="live")


class TestNearMiss:
    def test_on_success(self, sends, fails):
        sends(OnSuccess=QUEUE)
        fails(CHECK, "failed hears of what orders handles well (OnSuccess)", **CALL)

    def test_another_queue(self, sends, fails):
        sends(OnFailure=f"{QUEUE}-old")
        fails(CHECK, "goes to arn:aws:sqs:us-east-1:123456789012:failed-old, not to failed", **CALL)
