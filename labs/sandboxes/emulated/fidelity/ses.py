"""SES: what is sent is in the inbox, as the addressee would get it.

https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html
"""

from __future__ import annotations

import email
import email.policy
from typing import Any

from moto.ses.models import SESBackend

from labs.sandboxes.emulated.world import WORLD


def install() -> None:
    """Let the three ways to send leave a message behind; moto has refused what AWS would by then."""
    plain, templated, raw = SESBackend.send_email, SESBackend.send_templated_email, SESBackend.send_raw_email

    def send_email(self: Any, source: str, subject: str, body: str, destinations: dict[str, list[str]]) -> Any:
        sent = plain(self, source, subject, body, destinations)
        _deliver(source, subject, body, _all(destinations))
        return sent

    def send_templated(
        self: Any, source: str, template: str, template_data: str, destinations: dict[str, list[str]]
    ) -> Any:
        sent = templated(self, source, template, template_data, destinations)
        name = template[0] if isinstance(template, list) and template else template
        data = template_data[0] if isinstance(template_data, list) and template_data else template_data
        _deliver(source, f"Template {name}", data, _all(destinations))
        return sent

    def send_raw(self: Any, source: str, destinations: list[str], raw_data: str) -> Any:
        sent = raw(self, source, destinations, raw_data)
        message = email.message_from_string(raw_data, policy=email.policy.default)
        text = message.get_body(("plain", "html"))
        body = text.get_content() if text is not None else raw_data
        to = destinations or [one for name in ("To", "Cc") for one in [str(message.get(name, ""))] if one]
        _deliver(source or str(message.get("From", "")), str(message.get("Subject", "")), body, to)
        return sent

    SESBackend.send_email, SESBackend.send_templated_email = send_email, send_templated
    SESBackend.send_raw_email = send_raw


def _all(destinations: dict[str, list[str]]) -> list[str]:
    return [one for each in destinations.values() for one in each]


def _deliver(source: str, subject: str, body: Any, to: list[str]) -> None:
    WORLD.deliver("ses", "email", ", ".join(to), body, subject=subject, sender=source, kind="mail")
