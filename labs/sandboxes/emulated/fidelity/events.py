"""EventBridge: a rule that is enabled hands its events to the targets that let it, as each target asks for them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from labs.sandboxes.emulated.authorization import service_may, trusts
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions import works
from labs.sandboxes.emulated.inner import call_as
from labs.sandboxes.emulated.world import WORLD

_SERVICE: Final = "events.amazonaws.com"
_MOTOS: Final = frozenset({"logs", "events"})  # log groups, archives, other buses


def install() -> None:
    """Send to queues and topics by their policies, tell the inbox of the rest; moto's own would stop at a function."""
    moto_sends = Rule.send_to_targets

    def send(self: Any, original_event: Any, transform_input: bool = True) -> None:
        if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
            return
        whole = self.targets
        for target in whole:
            kind = target["Arn"].split(":")[2]
            if kind not in _MOTOS:
                _deliver(self, kind, target, _input(target, original_event))
                continue
            self.targets = [target]
            try:
                moto_sends(self, original_event, transform_input)
            finally:
                self.targets = whole

    Rule.send_to_targets = send


def _deliver(rule: Any, kind: str, target: dict[str, Any], text: str) -> None:
    arn = str(target["Arn"])
    _, _, _, region, account, name = arn.split(":", 5)
    here = account == rule.account_id
    if kind == "sqs":
        queues = sqs_backends[account][region]
        if here and name in queues.queues and service_may(_SERVICE, "sqs:SendMessage", arn, source=rule.arn):
            queues.send_message(name, text, group_id=target.get("SqsParameters", {}).get("MessageGroupId"))
    elif kind == "sns":
        topics = sns_backends[account][region]
        if here and arn in topics.topics and service_may(_SERVICE, "sns:Publish", arn, source=rule.arn):
            topics.publish(text, arn=arn)
    elif kind == "lambda" and service_may(_SERVICE, "lambda:InvokeFunction", arn, source=rule.arn):
        works.add(arn, text.encode())
    elif kind in ("states", "codepipeline") and target.get("RoleArn"):
        _start(kind, arn, region, str(target["RoleArn"]), text)
    else:
        WORLD.deliver("events", kind, arn, text, rule=rule.name)


def _start(kind: str, arn: str, region: str, role: str, text: str) -> None:
    """Start an execution as the target's role; what it may not, or cannot, does not happen."""
    if not trusts(role, _SERVICE):
        return
    with suppress(AwsError, KeyError, StopIteration):
        if kind == "states":
            call_as(role, "events", "stepfunctions", "StartExecution", region=region, stateMachineArn=arn, input=text)
        else:
            name = arn.rpartition(":")[2]
            call_as(role, "events", "codepipeline", "StartPipelineExecution", region=region, name=name)


def _input(target: dict[str, Any], event: dict[str, Any]) -> str:
    """Return what the target is handed: a constant, a part, a template filled in, or the event."""
    if (constant := target.get("Input")) is not None:
        return str(constant)
    whole = {**event, "time": _written(event.get("time"))}
    if path := target.get("InputPath"):
        return json.dumps(_at(whole, path))
    if template := target.get("InputTransformer"):
        made = EventTemplateParser.parse(template.get("InputTemplate"), template.get("InputPathsMap", {}), event)
        return made if isinstance(made, str) else json.dumps(made)
    return json.dumps(whole)


def _at(event: Any, path: str) -> Any:
    """Return what "$.detail.id" means in an event; None where there is nothing."""
    for name in filter(None, path.removeprefix("$").split(".")):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _written(time: Any) -> Any:
    return datetime.fromtimestamp(float(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time is not None else None
