"""A learning platform to test against: a small real HTTP server, written from 1EdTech's specifications and nothing of ours.

It signs launches (LTI 1.3 core; security framework 1.0), keeps columns and scores (AGS 2.0), shows its rosters page by page
(NRPS 2.0), takes what was chosen (Deep Linking 2.0), gives tokens for signed assertions (RFC 7523) and registers tools
(Dynamic Registration). Its JOSE is made of RSA and base64 by hand. It holds tools to the letter: `refusals` says what it did
not take.
"""

from __future__ import annotations

import base64
import html
import json
import secrets
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SCOPES = {
    "lineitem": "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "score": "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "roster": "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
}
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class KeyPair:
    """An RSA key, and how it is told to others."""

    kid: str
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.kid,
            "n": number(numbers.n),
            "e": number(numbers.e),
        }

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        head = {"typ": "JWT", "alg": "RS256", "kid": self.kid} | header
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{signed}.{b64(self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Refused(Exception):
    """The tool did something that the specification does not allow: HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def read_token(token: str, jwks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the claims of a tool's token: RS256, by the key of its kid."""
    head, body, signature = token.split(".")
    header = json.loads(unb64(head))
    if header.get("alg") != "RS256":
        raise Refused(400, f"alg {header.get('alg')}")
    jwk = next((one for one in jwks if one["kid"] == header.get("kid")), None)
    if jwk is None:
        raise Refused(400, f"no key {header.get('kid')}")
    numbers = rsa.RSAPublicNumbers(*(int.from_bytes(unb64(jwk[name]), "big") for name in ("e", "n")))
    try:
        numbers.public_key().verify(unb64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise Refused(400, "signature") from None
    claims: dict[str, Any] = json.loads(unb64(body))
    if not claims["iat"] <= time.time() + 60 or not time.time() < claims["exp"] <= time.time() + 3600:
        raise Refused(400, "time")
    return claims


@dataclass
class Person:
    sub: str
    given: str
    family: str
    roles: tuple[str, ...] = (f"{MEMBERSHIP}Learner",)
    status: str = "Active"


@dataclass
class Platform:
    """The state of a platform. Tests read it, and change it."""

    url: str
    client_id: str = "skylab-at-campus"
    deployment_id: str = "1"
    tool_jwks: Callable[[], list[dict[str, Any]]] = list
    redirect_uris: tuple[str, ...] = ()
    keys: list[KeyPair] = field(default_factory=lambda: [KeyPair("k1")])
    people: dict[str, Person] = field(default_factory=dict)
    lineitems: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    chosen: list[dict[str, Any]] = field(default_factory=list)
    registered: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    down: int = 0  # answers with this status, if not 0
    page: int = 2  # people on a page of the roster

    # --- Launches ---------------------------------------------------------------------------------------------------

    def begin(self, login_url: str, person: Person, target: str, *, link: str = "link-1") -> str:
        """Return the address that the platform sends a browser to, for it to begin a launch (security framework §5.1.1.1)."""
        hint = {
            "iss": self.url,
            "client_id": self.client_id,
            "login_hint": person.sub,
            "target_link_uri": target,
            "lti_message_hint": f"{link} {target}",
            "lti_deployment_id": self.deployment_id,
        }
        return f"{login_url}?{urlencode(hint)}"

    def claims(self, person: Person, nonce: str, target: str, link: str) -> dict[str, Any]:
        now = int(time.time())
        shared = {
            "iss": self.url,
            "aud": self.client_id,
            "sub": person.sub,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "given_name": person.given,
            "family_name": person.family,
            "name": f"{person.given} {person.family}",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": self.deployment_id,
            f"{LTI}target_link_uri": target,
            f"{LTI}roles": list(person.roles),
            f"{LTI}context": {"id": "course-1", "title": "Cloud 101", "type": ["CourseOffering"]},
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": f"{self.url}/courses/1/members",
                "service_versions": ["2.0"],
            },
        }
        if link == "choose":
            return shared | {
                f"{LTI}message_type": "LtiDeepLinkingRequest",
                f"{DL}deep_linking_settings": {
                    "deep_link_return_url": f"{self.url}/chosen",
                    "accept_types": ["link", "ltiResourceLink"],
                    "accept_presentation_document_targets": ["iframe", "window"],
                    "accept_multiple": True,
                    "data": "campus's own: 5",
                },
            }
        endpoint: dict[str, Any] = {
            "scope": [SCOPES["lineitem"], SCOPES["score"]],
            "lineitems": f"{self.url}/courses/1/lineitems?type=all",
        }
        mine = [one for one in self.lineitems.values() if one.get("resourceLinkId") == link]
        if mine:
            endpoint["lineitem"] = mine[0]["id"]
        return shared | {
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}resource_link": {"id": link, "title": "The lab of week 3"},
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint,
        }

    def id_token(self, query: dict[str, str], **changes: Any) -> str:
        """Return the signed answer to a tool's authentication request, all of which is looked at (§5.1.1.2)."""
        wanted = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        for name, value in {**wanted, "client_id": self.client_id}.items():
            if query.get(name) != value:
                raise Refused(400, f"{name}={query.get(name)}")
        if not query.get("nonce") or not query.get("state") or query.get("login_hint") not in self.people:
            raise Refused(400, "nonce, state or login_hint")
        if self.redirect_uris and query.get("redirect_uri") not in self.redirect_uris:
            raise Refused(400, f"redirect_uri {query.get('redirect_uri')}")
        link, _, target = query["lti_message_hint"].partition(" ")
        claims = self.claims(self.people[query["login_hint"]], query["nonce"], target, link) | changes
        return self.keys[0].sign({name: value for name, value in claims.items() if value is not None})

    # --- Services ---------------------------------------------------------------------------------------------------

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        if form.get("grant_type") != "client_credentials":
            raise Refused(400, "grant_type")
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            raise Refused(400, "client_assertion_type")
        said = read_token(form["client_assertion"], self.tool_jwks())
        audience = said["aud"] if isinstance(said["aud"], list) else [said["aud"]]
        if not said["iss"] == said["sub"] == self.client_id or f"{self.url}/token" not in audience:
            raise Refused(401, "iss, sub or aud of the assertion")
        if said["jti"] in self.seen:
            raise Refused(401, "jti was used")
        self.seen.add(said["jti"])
        if not set(form["scope"].split()) <= set(SCOPES.values()):
            raise Refused(400, "scope")
        token = secrets.token_urlsafe(16)
        self.tokens[token] = form["scope"]
        return {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": form["scope"]}

    def find(self, query: dict[str, str]) -> list[dict[str, Any]]:
        named = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        wanted = {named[name]: value for name, value in query.items() if name in named}
        return [one for one in self.lineitems.values() if all(one.get(name) == value for name, value in wanted.items())]

    def make(self, said: dict[str, Any]) -> dict[str, Any]:
        if not said.get("label") or not isinstance(said.get("scoreMaximum"), int | float) or said["scoreMaximum"] <= 0:
            raise Refused(400, "a line item has a label and a positive scoreMaximum")
        # A query is a part of its address, as some platforms have it: it stays behind when /scores is added (§3.3.1).
        url = f"{self.url}/courses/1/lineitems/{len(self.lineitems) + 1}?type=lti"
        self.lineitems[url] = said | {"id": url}
        return self.lineitems[url]

    def score(self, column: str, said: dict[str, Any]) -> None:
        if said.get("activityProgress") not in ACTIVITY or said.get("gradingProgress") not in GRADING:
            raise Refused(400, "activityProgress or gradingProgress")
        if said.get("userId") not in self.people:
            raise Refused(400, "userId")
        if "scoreGiven" in said and not (said["scoreGiven"] >= 0 and said.get("scoreMaximum", 0) > 0):
            raise Refused(400, "scoreGiven or scoreMaximum")
        at = datetime.fromisoformat(said["timestamp"])
        if at.tzinfo is None or "." not in said["timestamp"]:
            raise Refused(400, "timestamp has no zone, or whole seconds only")
        kept = self.scores.setdefault((column, said["userId"]), [])
        if kept and datetime.fromisoformat(kept[-1]["timestamp"]) >= at:
            raise Refused(409, "the timestamp is not later than the last one's")
        kept.append(said)

    def grade_of(self, person: Person) -> tuple[float, str]:
        """Return what the gradebook shows: points of the column's maximum, and the comment."""
        ((column, _), kept), *_ = [one for one in self.scores.items() if one[0][1] == person.sub]
        last = kept[-1]
        share = last["scoreGiven"] / last["scoreMaximum"] if last["gradingProgress"] == "FullyGraded" else 0
        return round(share * self.lineitems[column]["scoreMaximum"], 2), last.get("comment", "")

    def members(self, query: dict[str, str]) -> tuple[dict[str, Any], str]:
        at, everybody = int(query.get("from", 0)), list(self.people.values())
        here = everybody[at : at + self.page]
        members = [
            {"user_id": one.sub, "name": f"{one.given} {one.family}", "roles": list(one.roles), "status": one.status}
            for one in here
        ]
        more = (
            f'<{self.url}/courses/1/members?from={at + self.page}>; rel="next"'
            if len(everybody) > at + self.page
            else ""
        )
        body = {"id": f"{self.url}/courses/1/members", "context": {"id": "course-1"}, "members": members}
        return body, more


class _Handler(BaseHTTPRequestHandler):
    platform: Platform

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def _do(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.platform.asked.append(f"{method} {parts.path}")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            if self.platform.down:
                raise Refused(self.platform.down, "")
            self._route(method, parts.path, query, body)
        except Refused as refused:
            if refused.args[0]:
                self.platform.refusals.append(f"{method} {parts.path}: {refused}")
            self._answer({"error": str(refused)}, status=refused.status)

    def _route(self, method: str, path: str, query: dict[str, str], body: bytes) -> None:
        platform = self.platform
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        match method, path:
            case "GET", "/jwks":
                self._answer({"keys": [one.jwk for one in platform.keys]})
            case (("GET" | "POST"), "/auth"):
                asked = query or form
                fields = {"state": asked.get("state", ""), "id_token": platform.id_token(asked)}
                inputs = "".join(
                    f'<input type="hidden" name="{k}" value="{html.escape(v)}">' for k, v in fields.items()
                )
                action = html.escape(asked["redirect_uri"])
                self._answer(
                    f'<form method="post" action="{action}">{inputs}<button>Go on</button></form>', kind="text/html"
                )
            case "GET", "/course":
                person = next(iter(platform.people.values()))
                url = html.escape(platform.begin(query["login"], person, query["target"], link=query["link"]))
                self._answer(f'<iframe name="tool" width="900" height="700" src="{url}"></iframe>', kind="text/html")
            case "POST", "/token":
                self._answer(platform.token(form))
            case "POST", "/chosen":
                platform.chosen.append(read_token(form["JWT"], platform.tool_jwks()))
                self._answer("<p>Added.</p>", kind="text/html")
            case "GET", "/courses/1/lineitems":
                self._allowed("lineitem")
                kind = "application/vnd.ims.lis.v2.lineitemcontainer+json"
                self._answer(platform.find(query), kind=kind)
            case "POST", "/courses/1/lineitems":
                self._allowed("lineitem", kind="application/vnd.ims.lis.v2.lineitem+json")
                self._answer(platform.make(json.loads(body)), status=201)
            case "POST", scores if scores.endswith("/scores"):
                self._allowed("score", kind="application/vnd.ims.lis.v1.score+json")
                column = f"{platform.url}{scores.removesuffix('/scores')}" + (f"?{urlencode(query)}" if query else "")
                if column not in platform.lineitems:
                    raise Refused(404, "no such line item")
                platform.score(column, json.loads(body))
                self._answer(None, status=204)
            case "GET", "/courses/1/members":
                self._allowed("roster")
                said, more = platform.members(query)
                self._answer(said, link=more)
            case "GET", "/.well-known/openid-configuration":
                self._answer(
                    {
                        "issuer": platform.url,
                        "authorization_endpoint": f"{platform.url}/auth",
                        "token_endpoint": f"{platform.url}/token",
                        "jwks_uri": f"{platform.url}/jwks",
                        "registration_endpoint": f"{platform.url}/register",
                        "https://purl.imsglobal.org/spec/lti-platform-configuration": {"product_family_code": "campus"},
                    }
                )
            case "POST", "/register":
                if self.headers.get("Authorization") != "Bearer one-time":
                    raise Refused(401, "registration token")
                tool = json.loads(body)
                platform.registered.append(tool)
                key = "https://purl.imsglobal.org/spec/lti-tool-configuration"
                self._answer(tool | {"client_id": "given-1", key: tool[key] | {"deployment_id": "9"}})
            case _:
                raise Refused(404, "no such page")

    def _allowed(self, scope: str, *, kind: str = "") -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if SCOPES[scope] not in self.platform.tokens.get(token, "").split():
            raise Refused(401, "no token for it")
        if kind and self.headers.get("Content-Type") != kind:
            raise Refused(415, f"Content-Type {self.headers.get('Content-Type')}")

    def _answer(self, said: Any, *, status: int = 200, kind: str = "application/json", link: str = "") -> None:
        data = b"" if said is None else said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def running(**about: Any) -> Iterator[Platform]:
    """Run a platform on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    platform = Platform(url=f"http://127.0.0.1:{server.server_address[1]}", **about)
    server.RequestHandlerClass = type("Handler", (_Handler,), {"platform": platform})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fetched(url: str) -> Callable[[], list[dict[str, Any]]]:
    """Return how to read a tool's keys where it publishes them."""

    def read() -> list[dict[str, Any]]:
        with urllib.request.urlopen(url, timeout=10) as answer:
            keys: list[dict[str, Any]] = json.load(answer)["keys"]
        return keys

    return read
