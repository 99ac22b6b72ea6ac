"""https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"""

from graders import Account, Fail, check, messaging
from graders.iam import Policies, Policy, Request, decide, parse
from graders.iam.principals import ANONYMOUS


@check(permissions=[*messaging.QUEUE_PERMISSIONS, *messaging.TOPIC_PERMISSIONS])
def queue_accepts_from_topic(account: Account, *, queue: str, topic: str, only: bool = False) -> None:
    """The queue {queue} lets the topic {topic} send to it.

    By its policy (any form: aws:SourceArn, aws:SourceAccount, the service as Principal) and by its key, if it has one.
    With `only: true` a caller without credentials must be refused as well.
    """
    source, target = messaging.the_topic(account, topic), messaging.the_queue(account, queue)
    refusal = messaging.queue_refuses(account, target, source.arn)
    if refusal is not None:
        raise refusal
    if not only:
        return
    policies = Policies(
        account.account_id, resource=(Policy("queue policy", parse(target.attributes["Policy"], "resource")),)
    )
    if decide(Request(ANONYMOUS, "sqs:SendMessage", target.arn, {"aws:SecureTransport": "true"}), policies).allowed:
        raise Fail(
            f"The queue {queue} lets everybody send, not only the topic.",
            looked_at=f"the policy of queue {queue}",
            needed=f"Only messages of {source.arn} are let in.",
            try_="Add a condition: ArnEquals, aws:SourceArn, the topic's ARN.",
            counterexample=f"anyone on the internet can sqs:SendMessage {target.arn}.",
        )
