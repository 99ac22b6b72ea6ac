"""What a sandbox has sent out, as its addressees would read it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from labs.sandboxes import Delivery

_SERVICES: Final = {
    "sns": "SNS",
    "ses": "SES",
    "cognito-idp": "Cognito",
    "budgets": "AWS Budgets",
    "cloudwatch": "CloudWatch",
    "events": "EventBridge",
    "lambda": "Lambda",
    "firehose": "Firehose",
}
_ICONS: Final = {"email": "inbox", "email-json": "inbox", "sms": "terminal", "http": "plug", "https": "plug"}
_TITLE_LETTERS: Final = 120


@dataclass(frozen=True)
class Message:
    """One delivery. `body` is text, or pretty JSON where `is_json`; `topic` and `token` are there while it waits for a yes."""

    number: int
    at: datetime
    stamp: float
    icon: str
    service: str
    how: str
    to: str
    title: str
    body: str
    is_json: bool
    facts: tuple[tuple[str, str], ...]
    topic: str = ""
    token: str = ""
    confirmed: bool = False
    new: bool = False

    @property
    def stamp_text(self) -> str:
        """When it was sent, exactly: what the page says back once it has been looked at."""
        return f"{self.stamp:.6f}"

    @property
    def id(self) -> str:
        """A name that an HTML id can hold; after going back a number may come again, a time does not."""
        return f"{self.number}-{int(self.stamp * 1000)}"


def messages(sent: Iterable[Delivery], *, seen: float, confirmed: Iterable[tuple[str, str]] = ()) -> list[Message]:
    """Return what was sent, the newest first. `seen`: when it was last looked at; `confirmed`: (topic, endpoint)."""
    known = set(confirmed)
    return [_message(one, seen, known) for one in sorted(sent, key=lambda one: (one.at, one.number), reverse=True)]


def unread(sent: Iterable[Delivery], seen: float) -> int:
    """Return how many were sent since it was last looked at."""
    return sum(one.at > seen for one in sent)


def _message(one: Delivery, seen: float, confirmed: set[tuple[str, str]]) -> Message:
    body, is_json = _body(one.body)
    data = one.body if isinstance(one.body, dict) else {}
    waits = one.more.get("kind") == "confirmation"
    topic = str(data.get("TopicArn", "")) if waits else ""
    facts = [
        (label, str(one.more[name]))
        for name, label in (
            ("sender", "From"),
            ("topic", "Topic"),
            ("alarm", "Alarm"),
            ("rule", "Rule"),
            ("budget", "Budget"),
        )
        if one.more.get(name)
    ]
    facts += [("Why", str(one.more["reason"]))] if one.more.get("reason") else []
    return Message(
        one.number,
        datetime.fromtimestamp(one.at, UTC),
        one.at,
        _ICONS.get(one.protocol, "inbox"),
        _SERVICES.get(one.service, one.service),
        one.protocol,
        one.endpoint,
        _title(one, body, is_json),
        body,
        is_json,
        tuple(facts),
        topic,
        str(data.get("Token", "")) if waits else "",
        (topic, one.endpoint) in confirmed,
        one.at > seen,
    )


def _title(one: Delivery, body: str, is_json: bool) -> str:
    """Return what it is about in a line."""
    kind = one.more.get("kind")
    if kind == "confirmation":
        return "Asks you to confirm a subscription"
    if one.more.get("subject"):
        return str(one.more["subject"])[:_TITLE_LETTERS]
    if one.protocol == "recursion":
        return "Stopped: it fed itself"
    if one.protocol == "undelivered":
        return "Could not be delivered"
    if one.more.get("alarm"):
        return f"Alarm {one.more['alarm']}"[:_TITLE_LETTERS]
    data = _read(one.body)
    if isinstance(data, dict):
        named = next(
            (str(data[name]) for name in ("AlarmName", "Subject", "detail-type", "Message") if data.get(name)), ""
        )
        if named:
            return f"Alarm {named}" if data.get("AlarmName") == named else named[:_TITLE_LETTERS]
    first = next((line.strip() for line in body.splitlines() if line.strip(" {[")), "Message")
    return "A message" if is_json else first[:_TITLE_LETTERS]


def _body(body: Any) -> tuple[str, bool]:
    """Return a body as people read it: JSON with its parts on lines of their own, other text as it is."""
    data = _read(body)
    if isinstance(data, (dict, list)):
        return json.dumps(data, indent=2, ensure_ascii=False), True
    return "" if body is None else str(body), False


def _read(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    if not body.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None
