"""From a platform to a page of ours: the beginning of a launch (third-party initiated OpenID Connect), and its end.

    begin     the platform says who wants to come; we send their browser back to it, with a state and a nonce
    take      the browser comes with a signed token: verified in full, its nonce spent; a Launch row is made
    (views)   the browser goes on to /lti/launches/<id>/, where it is signed in: services/linking.py

The state is signed by us and holds a digest of what this browser was given in a cookie: a launch that was begun in one
browser cannot be ended in another (a login CSRF). A nonce that was spent is a row, so that of two which come with the same
launch at the same time one is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction

from skylab.lti import jose, messages, resources, web
from skylab.lti.messages import Message
from skylab.lti.models import Context, Deployment, Launch, Member, Nonce, Platform, ResourceLink
from skylab.lti.refusals import BadLaunch, CookiesBlocked, PlatformProblem, UnknownPlatform

logger = logging.getLogger(__name__)

SALT: Final = "skylab.lti.state"
MINUTES: Final = timedelta(minutes=10)
KEYS_REST: Final = timedelta(seconds=30)  # an unknown key is asked for again no more often
KEYS_KEPT: Final = timedelta(hours=12)
PICK_PATH: Final = "/lti/choose/"
LAUNCH_PATH: Final = "/lti/launch/"
PARAMETERS: Final = ("iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri", "lti_deployment_id")
Json = dict[str, Any]


@dataclass(frozen=True)
class Begun:
    """Where the browser is to go, and the secret that it is to hold."""

    url: str
    browser: str


def platform_of(issuer: str, client_id: str) -> Platform:
    """Return a registration; client_id may be empty where an issuer has one only. Raises UnknownPlatform."""
    found = Platform.objects.filter(issuer=issuer, active=True)
    if client_id:
        found = found.filter(client_id=client_id)
    rows = list(found[:2])
    if len(rows) != 1:
        raise UnknownPlatform(
            "The platform that you come from is not registered here. "
            "Whoever runs this site has to register it; whoever runs the platform can tell them its address and client ID."
        )
    return rows[0]


def is_own(target: str) -> bool:
    """Return whether a launch may lead to an address: a page of ours that can be linked to, or the page to choose one."""
    return is_pick(target) or resources.at(target) is not None


def is_pick(target: str) -> bool:
    """Return whether an address is that of the page where something is chosen."""
    parts, own = urlsplit(target), urlsplit(settings.BASE_URL)
    return (parts.scheme, parts.netloc, parts.path) == (own.scheme, own.netloc, PICK_PATH)


def begin(*, asked: Mapping[str, str], browser: str, now: datetime) -> Begun:
    """Return where to send a browser that a platform sent to us. `browser`: what it holds already, or "".

    :raises UnknownPlatform:
    :raises BadLaunch: something of it is missing, or it leads to a page that is none of ours.
    """
    platform = platform_of(asked.get("iss", ""), asked.get("client_id", ""))
    hint, target = asked.get("login_hint", ""), asked.get("target_link_uri", "")
    if not hint:
        raise BadLaunch("The platform did not say who is to sign in (login_hint). Its administrator has to look at it.")
    if not is_own(target):
        raise BadLaunch(
            f"{target[:200] or 'The link'} is no lab, lesson or exam of this site. Whoever made it has to mend it."
        )
    browser = browser or secrets.token_urlsafe(32)
    nonce = secrets.token_urlsafe(24)
    state = {
        "p": platform.pk,
        "n": nonce,
        "b": digest_of(browser),
        "e": int((now + MINUTES).timestamp()),
        "a": {name: asked[name] for name in PARAMETERS if asked.get(name)},
    }
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": settings.BASE_URL.rstrip("/") + LAUNCH_PATH,
        "login_hint": hint,
        "state": signing.dumps(state, salt=SALT, compress=True),
        "nonce": nonce,
    }
    if asked.get("lti_message_hint"):
        query["lti_message_hint"] = asked["lti_message_hint"]
    glue = "&" if urlsplit(platform.auth_url).query else "?"
    return Begun(f"{platform.auth_url}{glue}{urlencode(query)}", browser)


def take(*, state: str, token: str, browser: str, now: datetime) -> tuple[Launch, Message]:
    """Verify a launch and keep it; it is taken once.

    :raises CookiesBlocked: the browser holds nothing; with what the launch is to be begun anew.
    :raises BadLaunch: anything of it does not hold.
    """
    known = _state(state, now)
    if not browser:
        raise CookiesBlocked(known["a"])
    if not hmac.compare_digest(known["b"], digest_of(browser)):
        raise BadLaunch("This launch was begun in another browser. Open the link once more where you found it.")
    platform = Platform.objects.filter(pk=known["p"], active=True).first()
    if platform is None:
        raise UnknownPlatform("The platform that you come from is not registered here any more.")
    try:
        deployment, message = _verified(platform, token, known["n"], now)
        with transaction.atomic():
            _spend(known["n"], now)
            return _keep(deployment, message, digest_of(browser), now), message
    except BadLaunch as refusal:
        refusal.platform = platform
        raise


def digest_of(browser: str) -> str:
    """Return what is kept of a browser's secret."""
    return hashlib.sha256(browser.encode()).hexdigest()


def _verified(platform: Platform, token: str, nonce: str, now: datetime) -> tuple[Deployment, Message]:
    try:
        claims = _claims(platform, token, nonce, now)
        message = messages.parse(claims)
    except (jose.Untrusted, messages.Malformed) as error:
        logger.warning("A launch from %s was refused: %s", platform.title, error)
        raise BadLaunch(
            f"This launch cannot be taken: {error}. Open the link once more where you found it; "
            "if it happens again, tell whoever runs the platform."
        ) from error
    deployment = Deployment.objects.filter(platform=platform, deployment_id=message.deployment_id).first()
    if deployment is None:
        raise BadLaunch(
            "This launch cannot be taken: it is of a deployment that is not registered here. "
            f"Whoever runs this site has to add {message.deployment_id[:100]} to {platform.title}."
        )
    if not is_own(message.target) or (message.kind == messages.CHOOSING) != is_pick(message.target):
        raise BadLaunch("This launch cannot be taken: it leads to no page of this site.")
    if message.kind == messages.CHOOSING and not web.is_of(platform, message.return_url):
        raise BadLaunch(
            f"This launch cannot be taken: {web.origin_of(message.return_url) or 'its return address'} is not registered "
            f"as an address of {platform.title}. Whoever runs this site can add it."
        )
    return deployment, message


def _state(state: str, now: datetime) -> Json:
    try:
        known: Json = signing.loads(state, salt=SALT)
    except signing.BadSignature as error:
        raise BadLaunch("This launch was not begun here. Open the link once more where you found it.") from error
    if now.timestamp() >= known["e"]:
        raise BadLaunch("This launch took too long. Open the link once more where you found it.")
    return known


def _claims(platform: Platform, token: str, nonce: str, now: datetime) -> Json:
    def read(keys: list[Json]) -> Json:
        who = {"issuer": platform.issuer, "audience": platform.client_id}
        return jose.claims_of(token, keys, nonce=nonce, now=now, **who)

    keys = platform.jwks.get("keys", [])
    stale = platform.jwks_at is None or platform.jwks_at < now - KEYS_KEPT
    if stale:
        keys = _read_keys(platform, now) or keys
    try:
        return read(keys)
    except jose.UnknownKey:
        # The platform may have a new key: look once, and not again at each forged token.
        if stale or (platform.jwks_at and platform.jwks_at > now - KEYS_REST):
            raise
        return read(_read_keys(platform, now))


def _read_keys(platform: Platform, now: datetime) -> list[Json]:
    # Who looks is noted first: where the platform hangs, others do not wait for it at the same time.
    Platform.objects.filter(pk=platform.pk).update(jwks_at=now)
    platform.jwks_at = now
    try:
        answer = web.ask(platform, "GET", platform.jwks_url, headers={"Accept": "application/json"})
        keys = jose.key_set(answer.body)
    except (PlatformProblem, ValueError) as error:
        logger.warning("The keys of %s cannot be read: %s", platform.title, error)
        return []
    Platform.objects.filter(pk=platform.pk).update(jwks={"keys": keys})
    platform.jwks = {"keys": keys}
    return keys


def _spend(nonce: str, now: datetime) -> None:
    value = hashlib.sha256(nonce.encode()).hexdigest()
    try:
        with transaction.atomic():
            Nonce.objects.create(value=value, expires_at=now + 2 * MINUTES)
    except IntegrityError as error:
        raise BadLaunch("This launch was used already. Open the link once more where you found it.") from error


def _keep(deployment: Deployment, message: Message, browser: str, now: datetime) -> Launch:
    context, _ = Context.objects.get_or_create(deployment=deployment, context_id=message.context_id)
    told = {"title": message.context_title, "memberships_url": message.memberships}
    Context.objects.filter(pk=context.pk).update(**{name: value for name, value in told.items() if value})
    Member.objects.update_or_create(
        context=context,
        sub=message.sub,
        defaults={
            "teaches": message.teaches,
            "active": True,
            "seen_at": now,
            **({"name": message.full} if message.full else {}),
        },
    )
    link = _link(context, message, now) if message.kind == messages.RESOURCE else None
    choosing = {
        "return_url": message.return_url,
        "data": message.data,
        "accepts": message.accepts,
        "many": message.many,
    }
    return Launch.objects.create(
        deployment=deployment,
        link=link,
        sub=message.sub,
        browser=browser,
        target=resources.path_of(link.kind, link.slug) if link else PICK_PATH,
        learns=message.learns,
        name={"given": message.given, "family": message.family, "full": message.full},
        choosing=choosing if link is None else {},
        created_at=now,
    )


def _link(context: Context, message: Message, now: datetime) -> ResourceLink:
    found = resources.at(message.target)
    assert found is not None  # take() has looked
    services = {
        "lineitem_url": message.lineitem,
        "lineitems_url": message.lineitems,
        "may_score": messages.SCOPE_SCORE in message.scopes,
        "may_make": messages.SCOPE_LINEITEM in message.scopes,
    }
    known = ResourceLink.objects.filter(context=context, link_id=message.link_id).first()
    same = known is not None and (known.kind, known.slug) == (found.kind, found.slug)
    if known and same and not message.lineitem:
        del services["lineitem_url"]  # the one that we made, or were told of before
    row, _ = ResourceLink.objects.update_or_create(
        context=context,
        link_id=message.link_id,
        defaults={
            "kind": found.kind,
            "slug": found.slug,
            "title": message.link_title or found.title,
            "seen_at": now,
            **services,
        },
    )
    return row
