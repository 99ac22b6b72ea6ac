"""An Open Badge 3.0: what it says, how it is signed, and how a signature is read. No database, no clock.

The format is 1EdTech's Open Badges 3.0 (https://www.imsglobal.org/spec/ob/v3p0/) over the W3C's Verifiable Credentials 2.0:
its JSON Web Token proof (§8.2) has the credential itself as the payload, beside iss, jti, nbf and sub, and a header of alg,
kid and typ and nothing more; RS256 is the one algorithm that every verifier has to know. Whether a badge was revoked is
told by a Bitstring Status List (https://www.w3.org/TR/vc-bitstring-status-list/), which is signed in the same way.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"
KEY_BITS = 2048
LIST_LENGTH = 131_072  # entries of a status list: the fewest that the specification allows, so that none stands out
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]

Json = dict[str, Any]


class Forged(Exception):
    """The token was not signed by us, or was changed since. The text is a sentence for the person."""


@dataclass(frozen=True)
class Addresses:
    """Where a verifier finds what a badge refers to. All public; `base` is the site's address without a slash at its end."""

    base: str

    @property
    def issuer(self) -> str:
        return f"{self.base}/badges/issuer/"

    @property
    def keys(self) -> str:
        return f"{self.base}/badges/keys/"

    def key(self, kid: str) -> str:
        return f"{self.base}/badges/keys/{kid}/"

    def achievement(self, exam: str) -> str:
        return f"{self.base}/badges/achievements/{exam}/"

    def picture(self, exam: str) -> str:
        return f"{self.base}/badges/achievements/{exam}/picture.svg"

    def status(self, number: int) -> str:
        return f"{self.base}/badges/status/{number}/"

    def verify(self, credential: str) -> str:
        return f"{self.base}/verify/{credential}/"


@dataclass(frozen=True)
class Award:
    """What a badge is about."""

    credential: str  # the credential's UUID
    exam: str  # slug
    title: str  # of the exam
    code: str
    pass_mark: int
    name: str  # as the holder chose to show it; "" shows none
    issued_at: datetime
    status: int  # the place among all credentials: list and index


def issuer_profile(addresses: Addresses, name: str) -> Json:
    """Return the Profile of who issues: what the `issuer` of a badge is, and what its address answers."""
    return {"id": addresses.issuer, "type": ["Profile"], "name": name, "url": addresses.base}


def achievement(addresses: Addresses, *, exam: str, title: str, code: str, pass_mark: int) -> Json:
    """Return the Achievement that passing an exam is."""
    return {
        "id": addresses.achievement(exam),
        "type": ["Achievement"],
        "achievementType": "Assessment",
        "name": title,
        "humanCode": code,
        "description": f"Passed the practice exam {title}.",
        "criteria": {
            "narrative": f"Reach a scaled score of {pass_mark} or more (of 100 to 1000) within the time of the exam. "
            "This is a practice exam: it is not a certification by Amazon Web Services."
        },
        "image": {"id": addresses.picture(exam), "type": "Image", "caption": f"Badge of the practice exam {title}"},
    }


def credential(addresses: Addresses, award: Award, *, issuer: str) -> Json:
    """Return the OpenBadgeCredential, not yet signed. The only thing in it about the person is the name they chose."""
    about = {"exam": award.exam, "title": award.title, "code": award.code, "pass_mark": award.pass_mark}
    subject: Json = {
        "id": f"{addresses.verify(award.credential)}#holder",
        "type": ["AchievementSubject"],
        "achievement": achievement(addresses, **about),  # type: ignore[arg-type]
    }
    if award.name:
        name = {"type": "IdentityObject", "hashed": False, "identityHash": award.name, "identityType": "name"}
        subject["identifier"] = [name]
    number, index = divmod(award.status, LIST_LENGTH)
    return {
        "@context": CONTEXT,
        "id": addresses.verify(award.credential),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": award.title,
        "issuer": issuer_profile(addresses, issuer),
        "validFrom": _moment(award.issued_at),
        "credentialSubject": subject,
        "credentialStatus": {
            "id": f"{addresses.status(number)}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": addresses.status(number),
        },
    }


def status_list(addresses: Addresses, *, number: int, revoked: Iterable[int], issuer: str, now: datetime) -> Json:
    """Return the credential that says which badges of list `number` are revoked: `revoked` are indexes in it."""
    bits = bytearray(LIST_LENGTH // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8  # the first entry is the leftmost bit
    packed = gzip.compress(bytes(bits), mtime=0)
    return {
        "@context": CONTEXT[:1],
        "id": addresses.status(number),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_profile(addresses, issuer)["id"],
        "validFrom": _moment(now),
        "credentialSubject": {
            "id": f"{addresses.status(number)}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode(),
        },
    }


def sign(document: Json, *, key: str, addresses: Addresses) -> str:
    """Return a credential as a signed token (Compact JWS). key: the private key, PEM."""
    issuer = document["issuer"]
    moment = datetime.fromisoformat(document["validFrom"])
    claims = {
        **document,
        "iss": issuer if isinstance(issuer, str) else issuer["id"],
        "jti": document["id"],
        "nbf": int(moment.timestamp()),
        "sub": document["credentialSubject"]["id"],
    }
    kid = addresses.key(thumbprint(public_jwk(key)))
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid, "typ": "JWT"})


def read(token: str, *, key: Callable[[str], Mapping[str, str] | None], addresses: Addresses, now: datetime) -> Json:
    """Return the credential that a token holds, where we signed it and nobody changed it.

    key: gives our public key (JWK) of a thumbprint, or None. A key that the token brings along is never believed, and no
    algorithm but RS256: "none", or a public key used as the secret of an HMAC, prove nothing.

    :raises Forged: it is no token, not ours, changed, or its claims contradict what it says.
    """
    try:
        header = jwt.get_unverified_header(token)
        kid = str(header.get("kid", ""))
        prefix, suffix = addresses.keys, "/"
        named = kid.removeprefix(prefix).removesuffix(suffix) if kid.startswith(prefix) else ""
        public = key(named) if named else None
        if public is None:
            raise Forged("This badge names a key that is not one of ours: it was not issued here.")
        # nbf is held against `now` below: the library would ask the machine's clock.
        claims: Json = jwt.decode(
            token,
            jwt.PyJWK.from_dict(dict(public)),
            algorithms=[ALGORITHM],
            issuer=addresses.issuer,
            options={"require": ["iss", "jti", "nbf", "sub"], "verify_nbf": False, "verify_aud": False},
        )
    except jwt.InvalidSignatureError as error:
        raise Forged("The signature does not fit: this badge was changed after it was issued, or forged.") from error
    except jwt.PyJWTError as error:
        raise Forged("This is not a badge that was issued here: its signature cannot be checked.") from error
    subject = claims.get("credentialSubject")
    issuer = claims.get("issuer")
    agrees = (
        isinstance(subject, dict)
        and isinstance(issuer, dict)
        and claims["jti"] == claims.get("id")
        and claims["sub"] == subject.get("id")
        and claims["iss"] == issuer.get("id")
        and "OpenBadgeCredential" in claims.get("type", ())
        and claims["nbf"] == _seconds(claims.get("validFrom")) <= now.timestamp()
    )
    if not agrees:
        raise Forged("What this token claims and what it holds contradict each other: it is no badge of ours.")
    return claims


def new_key() -> str:
    """Return a new private key, PEM."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = serialization.PrivateFormat.PKCS8
    return made.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


def public_jwk(pem: str) -> dict[str, str]:
    """Return the public half of a private key as a JWK: kty, n, e and nothing else.

    :raises ValueError: it is no RSA private key of 2048 bits or more, PEM, without a passphrase.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ValueError("not a private key in PEM without a passphrase") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise ValueError(f"not an RSA key of {KEY_BITS} bits or more")
    numbers = key.public_key().public_numbers()
    return {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the thumbprint of a public RSA key (RFC 7638), base64url: the key's name."""
    canonical = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def _seconds(moment: Any) -> float:
    """Return a moment of a credential in seconds since 1970; one that cannot be read is never over."""
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except (ValueError, OverflowError):
        return math.inf


def _moment(at: datetime) -> str:
    """Return a moment in whole seconds, as nbf has it too."""
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
