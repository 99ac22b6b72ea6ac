"""What a verified launch says: LTI 1.3 core (§5.3, §5.4), Deep Linking 2.0, AGS 2.0, NRPS 2.0. No database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
SCOPE_LINEITEM: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_SCORE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_ROSTER: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
VERSION: Final = "1.3.0"
RESOURCE: Final = "LtiResourceLinkRequest"
CHOOSING: Final = "LtiDeepLinkingRequest"
_MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_TEACHING: Final = ("Instructor", "ContentDeveloper", "Administrator", "Mentor", "Manager", "Officer")

Json = Mapping[str, Any]


class Malformed(ValueError):
    """The launch lacks something, or says it in a way that is none."""


@dataclass(frozen=True)
class Message:
    """A launch. `learns` and `teaches` are about the platform's course, and give no rights here."""

    kind: str
    sub: str
    deployment_id: str
    target: str
    link_id: str
    link_title: str
    context_id: str
    context_title: str
    roles: tuple[str, ...]
    given: str
    family: str
    full: str
    lineitem: str
    lineitems: str
    scopes: frozenset[str]
    memberships: str
    return_url: str
    accepts: tuple[str, ...]
    many: bool
    data: str | None

    @property
    def teaches(self) -> bool:
        return teaches(self.roles)

    @property
    def learns(self) -> bool:
        return not self.teaches and any(one.rpartition("#")[2] == "Learner" or one == "Learner" for one in self.roles)


def teaches(roles: tuple[str, ...]) -> bool:
    """Return whether one of the roles is that of somebody who teaches in the course: roles elsewhere are none of it."""
    for role in roles:
        base, _, name = role.rpartition("#")
        base = base.replace("/membership/", "/membership#").partition("#")[
            0
        ]  # …/membership/Instructor#TeachingAssistant
        if base in ("", _MEMBERSHIP) and (name in _TEACHING or "/membership/Instructor" in role):
            return True
    return False


def parse(claims: Json) -> Message:
    """Return the message that verified claims hold. Raises Malformed."""
    kind = _text(claims, f"{CLAIM}message_type", 100)
    if kind not in (RESOURCE, CHOOSING):
        raise Malformed(f"its message type {kind!r} is not one of those that are taken here")
    if claims.get(f"{CLAIM}version") != VERSION:
        raise Malformed(f"it is not of LTI {VERSION}")
    roles = claims.get(f"{CLAIM}roles", [])
    if not isinstance(roles, list) or not all(isinstance(one, str) for one in roles):
        raise Malformed("its roles are no list")
    context = _object(claims, f"{CLAIM}context")
    link = _object(claims, f"{CLAIM}resource_link")
    endpoint = _object(claims, AGS)
    scopes = endpoint.get("scope", [])
    deep = _object(claims, f"{DEEP}deep_linking_settings")
    accepts = deep.get("accept_types", [])
    return Message(
        kind=kind,
        sub=_text(claims, "sub", 255),
        deployment_id=_text(claims, f"{CLAIM}deployment_id", 255),
        target=_text(claims, f"{CLAIM}target_link_uri", 2000),
        link_id=_text(link, "id", 255) if kind == RESOURCE else "",
        link_title=_maybe(link, "title")[:255],
        context_id=_maybe(context, "id")[:255],
        context_title=(_maybe(context, "title") or _maybe(context, "label"))[:255],
        roles=tuple(roles[:50]),
        given=_maybe(claims, "given_name")[:100],
        family=_maybe(claims, "family_name")[:100],
        full=_maybe(claims, "name")[:200],
        lineitem=_maybe(endpoint, "lineitem")[:1000],
        lineitems=_maybe(endpoint, "lineitems")[:1000],
        scopes=frozenset(one for one in scopes if isinstance(one, str)) if isinstance(scopes, list) else frozenset(),
        memberships=_maybe(_object(claims, NRPS), "context_memberships_url")[:1000],
        return_url=_text(deep, "deep_link_return_url", 2000) if kind == CHOOSING else "",
        accepts=tuple(one for one in accepts if isinstance(one, str)) if isinstance(accepts, list) else (),
        many=deep.get("accept_multiple", True) in (True, "true"),
        data=deep["data"] if isinstance(deep.get("data"), str) else None,
    )


def _object(claims: Json, name: str) -> Json:
    found = claims.get(name, {})
    if not isinstance(found, dict):
        raise Malformed(f"its {name.rpartition('/')[2]} is none")
    return found


def _text(claims: Json, name: str, longest: int) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= longest:
        raise Malformed(f"its {name.rpartition('/')[2]} is missing, or none")
    return found


def _maybe(claims: Json, name: str) -> str:
    found = claims.get(name)
    return found if isinstance(found, str) else ""
