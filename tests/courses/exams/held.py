"""What tests of certificates, badges and reports have in common: a key, who passed, what they hold."""

from __future__ import annotations

from typing import Any

import jwt
from django.test import Client

from courses.exams import badge
from courses.models import Attempt, Credential
from courses.services import credentials, scoring

from .results import LATER, NOW, sat

KEY = badge.new_key()  # once: making one takes a moment


def passed(user: Any, right: int = 8) -> Attempt:
    attempt = sat(user, right)
    scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
    return attempt


def held(user: Any, name: str = "") -> Credential:
    found = credentials.valid_credential(passed(user))
    if name:
        credentials.rename(credential=found, name=name, now=NOW)
    return found


def token_of(user: Any, name: str = "Bob Builder") -> tuple[Credential, str]:
    found = held(user, name)
    return found, credentials.badge_of(found, now=LATER)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
