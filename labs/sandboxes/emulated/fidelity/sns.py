"""SNS: a subscription by e-mail waits for its confirmation; a queue takes only what its policy lets in.

https://docs.aws.amazon.com/sns/latest/dg/SendMessageToSQS.html,
https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html (SubscriptionArn, "pending confirmation")
"""

from __future__ import annotations

from typing import Any, Final

from moto.sns.models import SNSBackend, Subscription
from moto.sqs.models import sqs_backends

from labs.sandboxes.emulated.authorization import service_may
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, after, before
from labs.sandboxes.emulated.world import WORLD

# Somebody outside the account must say yes; http endpoints too, and nobody answers for them here.
_CONFIRMED_OUTSIDE: Final = ("email", "email-json", "http", "https")
_PENDING: Final = b"pending confirmation"


def install() -> None:
    """Give moto's subscriptions the state that it leaves out, and its deliveries the queue's policy."""
    subscribe, publish = SNSBackend.subscribe, Subscription.publish

    def subscribe_and_ask(self: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
        made = subscribe(self, topic_arn, endpoint, protocol)
        if protocol in _CONFIRMED_OUTSIDE and not made.confirmed:
            made.attributes |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
            WORLD.deliver("sns", protocol, endpoint, _invitation(topic_arn, made.arn), kind="confirmation")
        return made

    def deliver(self: Any, message: str, *args: Any, **kwargs: Any) -> None:
        if _is_pending(self) or (self.protocol == "sqs" and not _lets_in(self)):
            return
        if self.protocol in ("email", "email-json", "sms"):
            WORLD.deliver("sns", self.protocol, self.endpoint, message, topic=self.topic.arn, kind="notification")
            return
        own = self.account_id
        if self.protocol == "sqs":
            self.account_id = self.endpoint.split(":")[4]  # where moto looks for the queue
        try:
            publish(self, message, *args, **kwargs)
        finally:
            self.account_id = own

    SNSBackend.subscribe, Subscription.publish = subscribe_and_ask, deliver


def _invitation(topic_arn: str, subscription_arn: str) -> dict[str, str]:
    return {
        "Type": "SubscriptionConfirmation",
        "TopicArn": topic_arn,
        "Message": f"You have chosen to subscribe to the topic {topic_arn}.",
        "Token": subscription_arn.rpartition(":")[2].replace("-", ""),
    }


def _is_pending(subscription: Any) -> bool:
    return bool(subscription.attributes.get("PendingConfirmation") == "true")


def _lets_in(subscription: Any) -> bool:
    _, _, _, region, account, name = subscription.endpoint.split(":", 5)
    if account not in WORLD.accounts():
        return False
    arn = str(subscription.endpoint)
    is_there = name in sqs_backends[account][region].queues
    return is_there and service_may("sns.amazonaws.com", "sqs:SendMessage", arn, source=str(subscription.topic.arn))


def _pending_arns(call: Call) -> list[str]:
    from moto.sns.models import sns_backends

    known = sns_backends[call.account_id][call.region].subscriptions.values()
    return [str(each.arn) for each in known if _is_pending(each)]


@after("sns", "Subscribe")
def the_arn_waits(call: Call, answer: Answer) -> None:
    """Say "pending confirmation" instead of an ARN, unless ReturnSubscriptionArn asks for it."""
    if call.parameters.get("ReturnSubscriptionArn"):
        return
    for arn in _pending_arns(call):
        answer.body = answer.body.replace(arn.encode(), _PENDING)


@after("sns", "ListSubscriptions", "ListSubscriptionsByTopic")
def lists_show_what_waits(call: Call, answer: Answer) -> None:
    """Show PendingConfirmation where the ARN of a confirmed one would stand."""
    for arn in _pending_arns(call):
        answer.body = answer.body.replace(arn.encode(), b"PendingConfirmation")


@before("sns", "ConfirmSubscription")
def the_token_confirms(call: Call) -> Answer | None:
    """Confirm what waits for this token (it is in the inbox), and let moto answer for the rest."""
    from moto.sns.models import sns_backends

    token = str(call.parameters.get("Token", ""))
    for each in sns_backends[call.account_id][call.region].subscriptions.values():
        if _is_pending(each) and each.arn.rpartition(":")[2].replace("-", "") == token:
            each.attributes |= {"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true"}
            each.confirmed = True
            return _confirmed(str(each.arn), call)
    raise AwsError("InvalidParameter", "Invalid parameter: Token", 400)


def _confirmed(arn: str, call: Call) -> Answer:
    body = (
        '<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ConfirmSubscriptionResult>'
        f"<SubscriptionArn>{arn}</SubscriptionArn></ConfirmSubscriptionResult>"
        "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></ConfirmSubscriptionResponse>"
    )
    return Answer(200, {"content-type": "text/xml"}, body.encode())
