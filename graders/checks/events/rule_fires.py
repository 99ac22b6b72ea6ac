"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html"""

import json
from typing import Any

from graders import Account, Fail, check, deliveries, messaging
from graders.messaging import Place
from graders.probe import ActingAccount, acting


@check(
    permissions=[
        *messaging.RULE_PERMISSIONS,
        *messaging.TARGET_PERMISSIONS,
        *deliveries.LISTEN_PERMISSIONS,
        "events:PutEvents",
    ],
    acts=True,
)
def rule_fires(account: Account, *, rule: str, event: str, queue: str, bus: str = "default") -> None:
    """The event that {rule} waits for brings a message to {queue}: it was tried.

    `event` is a sample as JSON ("source", "detail-type", "detail"). In a copy of the account it is put on the bus; the
    message may come by the rule's target or by a topic, and look as its input transformer makes it. By another rule it
    does not count: the others of the bus are disabled first.
    """
    probe = acting(account)
    found = messaging.the_rule(probe, rule, bus)
    target = deliveries.listen(probe, queue)
    client, sample = probe.client("events"), json.loads(event)
    for other in client.list_rules(EventBusName=bus)["Rules"]:
        if other["Name"] != rule:
            client.disable_rule(Name=other["Name"], EventBusName=bus)
    entry = {
        "Source": sample["source"],
        "DetailType": sample["detail-type"],
        "Detail": json.dumps(sample.get("detail", {})),
        "Resources": sample.get("resources", []),
        "EventBusName": bus,
    }
    client.put_events(Entries=[entry])
    if deliveries.arrived(probe, target, lambda body: True):
        return
    raise Fail(
        "The event was put on the bus {bus}, and no message came to {queue}.{why}",
        looked_at="{queue}, after the event was put in a copy of the account",
        needed="A message in {queue} for each such event.",
        try_="Follow its way: the rule's pattern, its targets, the policy of {queue}.",
        counterexample="{event}",
        rule=rule,
        bus=bus,
        queue=target.name,
        event=event,
        why=_why(probe, found, target),
    )


def _why(account: ActingAccount, rule: dict[str, Any], queue: Place) -> str:
    """What keeps the rule's events from the queue, as far as its targets and their policies tell."""
    arns = [one["Arn"] for one in rule.get("Targets", [])]
    topics = [messaging.the_topic(account, one) for one in arns if ":sns:" in one and one in messaging.topics(account)]
    if queue.arn in arns:
        why = messaging.target_refuses(account, queue.arn, "", "events.amazonaws.com", rule["Arn"])
        return f" {rule['Name']} may not send to it: {why}." if why else f" {rule['Name']} did not match it."
    for topic in topics:
        if why := messaging.target_refuses(account, topic.arn, "", "events.amazonaws.com", rule["Arn"]):
            return f" {rule['Name']} may not publish to {topic.name}: {why}."
        if why := deliveries.why_not(account, topic, queue):
            return why
    names = ", ".join(one.rpartition(":")[2] for one in arns)
    return f" The targets of {rule['Name']} are {names}." if names else f" {rule['Name']} has no target."
