"""Deep Linking 2.0: somebody chose labs, lessons and exams for a platform's course; the answer is signed by us."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from labs.refusals import Refusal
from skylab.lti import jose, keys, messages, resources
from skylab.lti.models import Launch
from skylab.lti.resources import Resource

SECONDS: Final = 300
MOST: Final = 100


class BadChoice(Refusal):
    """What was chosen cannot be sent."""

    status = 422


def chosen(keys_: Sequence[str], *, many: bool) -> list[Resource]:
    """Return the resources of KIND:SLUG each, as a form sends them. Raises BadChoice."""
    found = [resources.get(*key.partition(":")[::2]) for key in dict.fromkeys(keys_[: MOST + 1])]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        raise BadChoice("Choose something to link to first.")
    if len(known) > MOST or (len(known) > 1 and not many):
        raise BadChoice("The platform takes one at a time here." if not many else f"{MOST} at a time are enough.")
    return known


def answer(*, launch: Launch, chosen: Sequence[Resource], now: datetime) -> str:
    """Return the signed answer to a launch that asked to choose."""
    platform = launch.deployment.platform
    seconds = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": [platform.issuer],
        "iat": seconds,
        "exp": seconds + SECONDS,
        "nonce": secrets.token_urlsafe(24),
        f"{messages.CLAIM}deployment_id": launch.deployment.deployment_id,
        f"{messages.CLAIM}message_type": "LtiDeepLinkingResponse",
        f"{messages.CLAIM}version": messages.VERSION,
        f"{messages.DEEP}content_items": [_item(one) for one in chosen],
    }
    if launch.choosing.get("data") is not None:
        claims[f"{messages.DEEP}data"] = launch.choosing["data"]
    return jose.sign(claims, pem=keys.signing_key(now=now))


def _item(one: Resource) -> dict[str, Any]:
    return {
        "type": "ltiResourceLink",
        "url": settings.BASE_URL.rstrip("/") + one.path,
        "title": one.title,
        "text": one.summary,
        "window": {"targetName": "_blank"},
        "lineItem": {"scoreMaximum": float(one.points), "label": one.title, "resourceId": one.key},
    }
