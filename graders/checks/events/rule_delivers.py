"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html"""

import json
from typing import Any

from graders import Account, Fail, check, messaging, patterns


@check(permissions=[*messaging.RULE_PERMISSIONS, *messaging.TARGET_PERMISSIONS])
def rule_delivers(
    account: Account, *, rule: str, event: str, target: str, bus: str = "default", quiet: str = ""
) -> None:
    """The rule {rule} hands the event to {target}.

    `event` is a sample as JSON, `quiet` one that the rule must leave alone. The rule is enabled, its pattern (computed,
    in any form, wider ones too) matches, and one of its targets is `target` (ARN, or name; a function with its alias as
    "name:alias") that the target's policy or the target's role lets EventBridge use.
    """
    found = messaging.the_rule(account, rule, bus)
    text = found.get("EventPattern", "")
    if not text:
        raise _fail("The rule {rule} has no event pattern.", found, event, pattern="", why="")
    try:
        pattern = patterns.parsed(text)
        missed = patterns.mismatches(pattern, json.loads(event))
        taken = bool(quiet) and patterns.event_matches(pattern, json.loads(quiet))
    except patterns.InvalidPattern as error:
        raise _fail("The pattern of {rule} cannot be used: {why}.", found, event, pattern=text, why=error) from error
    if missed:
        raise _fail("The pattern of {rule} does not match the event, by {why}.", found, event, pattern=text, why=missed)
    if taken:
        raise _fail("The pattern of {rule} matches events that it should not.", found, quiet, pattern=text, why="")
    messaging.must_reach(account, found, target, json.loads(event))


def _fail(said: str, rule: dict[str, Any], event: str, *, pattern: str, why: Any) -> Fail:
    return Fail(
        said,
        looked_at="the pattern of {rule}: {pattern}",
        needed="A pattern that the event meant matches, in case and type too, and others do not.",
        try_="aws events test-event-pattern with the event and the pattern.",
        counterexample="{event}",
        rule=rule["Name"],
        pattern=pattern or "none",
        event=event,
        why=why,
    )
