import json

import pytest

from tests.graders.checks.sqs.conftest import ADMITTING, QUEUE, REFUSING, TOPIC, by, queue, send

__all__ = ["queue"]  # the fixture
CHECK = "sns.topic_delivers_to"
TO_QUEUE = {"topic": "ops", "protocol": "sqs", "endpoint": "inbox"}
TO_MAIL = {"topic": "ops", "protocol": "email", "endpoint": "ops@acme.example"}


@pytest.fixture
def subscribe(account):
    def subscribe(protocol="sqs", endpoint=QUEUE, **attributes):
        return account.client("sns").subscribe(
            TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

    return subscribe


class TestRight:
    @pytest.mark.parametrize("name", ADMITTING)
    def test_a_queue_that_admits_the_topic(self, queue, subscribe, passes, name):
        queue(*ADMITTING[name])
        subscribe()
        passes(CHECK, **TO_QUEUE)

    def test_the_queue_by_its_arn(self, queue, subscribe, passes):
        queue(send(condition=by()))
        subscribe(RawMessageDelivery="true")
        passes(CHECK, **TO_QUEUE | {"endpoint": QUEUE})

    def test_a_mail_address_in_any_case(self, queue, subscribe, passes):
        subscribe("email", "Ops@Acme.example")
        passes(CHECK, **TO_MAIL)


class TestWrong:
    @pytest.mark.parametrize("name", REFUSING)
    def test_a_queue_that_refuses_the_topic(self, queue, subscribe, fails, name):
        statements, words = REFUSING[name]
        queue(*statements)
        subscribe()
        fails(CHECK, words, **TO_QUEUE)

    def test_a_subscription_that_waits_delivers_nothing(self, queue, subscribe, fails, monkeypatch):
        from moto.sns.models import Subscription

        # moto confirms everything at once; AWS waits for the click.
        monkeypatch.setattr(Subscription, "confirmed", False, raising=False)
        arn = subscribe("email", "ops@acme.example")
        from moto.sns.models import sns_backends

        backend = sns_backends["123456789012"]["us-east-1"]
        backend.subscriptions[arn].attributes["PendingConfirmation"] = "true"
        fails(CHECK, "waits for its confirmation", **TO_MAIL)

    @pytest.mark.parametrize(
        ("policy", "scope", "drops"),
        [
            ({"severity": ["high"]}, None, True),
            ({"NewStateValue": ["ALARM"]}, "MessageBody", False),
            ({"NewStateValue": ["OK"]}, "MessageBody", True),
            ({"NewStateValue": ["ALARM"]}, "MessageAttributes", True),
            ({}, None, False),
        ],
    )
    def test_a_filter_that_drops_an_alarm(self, queue, subscribe, grade, policy, scope, drops):
        queue(send())
        subscribe(FilterPolicy=json.dumps(policy), **({"FilterPolicyScope": scope} if scope else {}))
        result = grade(CHECK, **TO_QUEUE)
        assert ("filter policy" in result.found) == drops, result

    def test_a_function_must_admit_the_topic(self, queue, subscribe, account, fails, passes):
        import io
        import zipfile

        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", "")
        trust = {"Version": "2012-10-17", "Statement": []}
        role = account.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument=json.dumps(trust))["Role"][
            "Arn"
        ]
        functions = account.client("lambda")
        arn = functions.create_function(
            FunctionName="page", Runtime="python3.12", Role=role, Handler="app.x", Code={"ZipFile": archive.getvalue()}
        )["FunctionArn"]
        subscribe("lambda", arn)
        call = {"topic": "ops", "protocol": "lambda", "endpoint": "page"}
        fails(CHECK, "does not let the topic ops invoke it", **call)
        functions.add_permission(
            FunctionName="page",
            StatementId="sns",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=TOPIC,
        )
        passes(CHECK, **call)


class TestNearMiss:
    @pytest.mark.parametrize(
        ("protocol", "endpoint", "words"),
        [
            ("email", "other@acme.example", "It has email other@acme.example"),
            ("email-json", "ops@acme.example", "It has email-json"),
            (None, None, "has no subscription for email"),
        ],
    )
    def test_another_subscription_is_told(self, queue, subscribe, fails, protocol, endpoint, words):
        if protocol:
            subscribe(protocol, endpoint)
        fails(CHECK, words, **TO_MAIL)

    def test_a_missing_queue_is_told(self, queue, subscribe, fails):
        fails(CHECK, "The queue outbox does not exist", **TO_QUEUE | {"endpoint": "outbox"})
