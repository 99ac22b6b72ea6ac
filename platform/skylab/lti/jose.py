"""Signed tokens: one algorithm, RS256, whatever a token says of itself. No database, no clock.

What a token's header may do is choose among keys that we already hold, by `kid`: never bring one (jwk, x5c), never name a
place to fetch one from (jku, x5u), never change the algorithm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from courses.exams import badge

ALGORITHM: Final = "RS256"
SKEW: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(hours=1)  # that a launch may say it is good for
MAX_TOKEN: Final = 64_000
MAX_KEYS: Final = 50
_HEADER: Final = {"alg", "kid", "typ"}

Json = dict[str, Any]


class Untrusted(Exception):
    """The token does not hold; the text says why, for the log and the person."""


class UnknownKey(Untrusted):
    """It names a key that is not among those known."""


def sign(claims: Mapping[str, Any], *, pem: str) -> str:
    """Return a token of ours."""
    return jwt.encode(dict(claims), pem, ALGORITHM, headers={"kid": badge.thumbprint(badge.public_jwk(pem))})


def key_of(token: str, keys: Sequence[Mapping[str, Any]]) -> jwt.PyJWK:
    """Return the key of these that the token is to be checked with.

    :raises UnknownKey: it is not among them; they may have been changed since they were read.
    :raises Untrusted: no key would do.
    """
    if len(token) > MAX_TOKEN:
        raise Untrusted("it is too long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise Untrusted("it is no signed token") from error
    if header.get("alg") != ALGORITHM:
        raise Untrusted(f"it is not signed with {ALGORITHM}")
    if strange := set(header) - _HEADER - {"x5t", "x5t#S256"}:
        raise Untrusted(f"its header says {', '.join(sorted(strange))}, which is not taken")
    usable = [one for one in keys[:MAX_KEYS] if _usable(one)]
    kid = header.get("kid")
    fits = [one for one in usable if one.get("kid") == kid] if kid is not None else usable
    if len(fits) != 1:
        raise UnknownKey("the platform has no such key" if kid is not None else "it does not say which key it is of")
    try:
        key = jwt.PyJWK.from_dict({"kty": "RSA", "n": fits[0]["n"], "e": fits[0]["e"]}, algorithm=ALGORITHM)
    except (jwt.PyJWTError, ValueError, KeyError, TypeError) as error:
        raise Untrusted("the platform's key cannot be read") from error
    if key.key.key_size < badge.KEY_BITS:
        raise Untrusted(f"the platform's key has fewer than {badge.KEY_BITS} bits")
    return key


def _usable(key: Mapping[str, Any]) -> bool:
    return key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", ALGORITHM) == ALGORITHM


def claims_of(
    token: str, keys: Sequence[Mapping[str, Any]], *, issuer: str, audience: str, nonce: str, now: datetime
) -> Json:
    """Return what an id token claims, once all that OpenID Connect asks of it holds (LTI 1.3 security, §5.1.3).

    :raises Untrusted: it does not.
    """
    key = key_of(token, keys)
    try:
        # Times are held against `now` below: the library would ask the machine's clock.
        claims: Json = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=audience,
            options={
                "require": ["iss", "aud", "exp", "iat", "nonce", "sub"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidSignatureError as error:
        raise Untrusted("its signature does not fit") from error
    except jwt.InvalidIssuerError as error:
        raise Untrusted("it is of another issuer") from error
    except jwt.InvalidAudienceError as error:
        raise Untrusted("it is meant for somebody else (aud)") from error
    except jwt.PyJWTError as error:
        raise Untrusted(f"it cannot be read: {error}") from error
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != audience:
        raise Untrusted("it is meant for somebody else (azp)")
    _in_time(claims, now)
    if claims["nonce"] != nonce:
        raise Untrusted("it is no answer to what was asked (nonce)")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise Untrusted("it does not say who came (sub)")
    return claims


def _in_time(claims: Json, now: datetime) -> None:
    times = {}
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
            raise Untrusted(f"its {name} is no time")
        times[name] = value
    seconds, skew = now.timestamp(), SKEW.total_seconds()
    if times["exp"] <= seconds - skew:
        raise Untrusted("it has expired")
    if times["iat"] > seconds + skew or times.get("nbf", 0) > seconds + skew:
        raise Untrusted("it is of the future: the clocks of the two systems differ")
    if times["iat"] < seconds - LONGEST.total_seconds() - skew:
        raise Untrusted("it is too old")


def key_set(text: bytes) -> list[Json]:
    """Return the keys of a JWK set. Raises ValueError."""
    found = json.loads(text)
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
        raise ValueError("no JWK set")
    return keys[:MAX_KEYS]
