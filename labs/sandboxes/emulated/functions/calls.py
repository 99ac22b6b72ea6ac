"""The calls of AWS that a function makes: as its role, or as whoever's key it holds, answered by this same cell."""

from __future__ import annotations

import hmac
import math
import re
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from labs.sandboxes import keys
from labs.sandboxes.emulated.determinism import preserved_random
from labs.sandboxes.emulated.dispatch import answer_within
from labs.sandboxes.emulated.errors import AwsError, render
from labs.sandboxes.emulated.frames import CellRequest
from labs.sandboxes.emulated.functions.sdk import SIGNER
from labs.sandboxes.emulated.services import services
from labs.sandboxes.emulated.world import WORLD

__all__ = ["BUDGET", "Caller", "Credentials", "credentials_of"]

CALLS: Final = 1_000  # of functions, within one call of a tool's
BYTES: Final = 16 << 20
SECONDS: Final = 7.5  # of the machine's time, within one call of a tool's: the host waits ten
_SESSION_SECONDS: Final = 43_200
_S3_HOST: Final = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")


@dataclass(slots=True)
class _Budget:
    """What functions may use while one call of a tool's is answered; begun anew with each."""

    until: float = 0.0
    calls: int = CALLS
    bytes: int = BYTES

    def begin(self) -> None:
        """A call of a tool's begins, or what it set off."""
        self.until, self.calls, self.bytes = time.monotonic() + SECONDS, CALLS, BYTES

    def left(self) -> float:
        """Return the seconds of the machine's time that are left."""
        return max(0.0, self.until - time.monotonic())


BUDGET: Final = _Budget()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a function finds in its environment."""

    access_key: str
    secret_key: str
    token: str


def credentials_of(function: Any) -> Credentials:
    """Return the session of the function's role, the same for twelve hours. Raises AwsError where the role is gone."""
    account, role = function.account_id, str(function.role)
    if not any(each.arn == role for each in iam_backends[account]["aws"].roles.values()):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise AwsError("AccessDeniedException", message, 403)
    name = f"{role} {function.function_name}"
    sts = sts_backends[account]["aws"]
    key = WORLD.function_keys.get(name, "")
    held = sts.get_assumed_role_from_access_key(key) if key else None
    if held is None or held.expiration.timestamp() < WORLD.at + 3600:
        if held is not None:
            sts.assumed_roles.remove(held)
        with preserved_random(f"{WORLD.seed}:{name}:{WORLD.at}"):
            held = sts.assume_role(
                region_name=function.region,
                role_session_name=function.function_name,
                role_arn=role,
                policy="",
                duration=_SESSION_SECONDS,
                external_id="",
            )
        key = WORLD.function_keys[name] = held.access_key_id
    secret = WORLD.spec.secret
    return Credentials(key, keys.secret_for(secret, key), keys.session_token_for(secret, key))


class Caller:
    """Answers the calls of one invocation, which began at `at` and ends `seconds` later."""

    def __init__(self, name: str, at: float, seconds: float) -> None:
        self._name, self._at, self._until = name, at, at + seconds
        self._count = 0
        self._service = ""

    def answer(self, head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the answer to a frame of the child's: {"method", "url", "headers", "at"}. Never raises."""
        try:
            request = self._request(head, body)
        except (AwsError, ValueError, KeyError, TypeError, AttributeError) as error:
            refusal = error if isinstance(error, AwsError) else AwsError("InvalidRequest", "A malformed request.", 400)
            service = self._service
            known = services().get(service)
            protocol = known[0].protocols[0] if known else "json"
            status, headers, content = render(refusal, protocol=protocol, service=service, request_id="0")
            return {"status": status, "headers": headers}, content
        told = answer_within(request)
        return {"status": told.status, "headers": {str(name): str(value) for name, value in told.headers}}, told.body

    def _request(self, head: dict[str, Any], body: bytes) -> CellRequest:
        self._count += 1
        BUDGET.calls -= 1
        BUDGET.bytes -= len(body)
        if BUDGET.calls < 0 or BUDGET.bytes < 0:
            raise AwsError("ThrottlingException", "Rate exceeded: functions make too many calls here at once.", 400)
        at = float(head["at"])
        at = min(max(at, self._at), self._until) if math.isfinite(at) else self._at
        url = urlsplit(str(head["url"]))
        headers = [(str(name), str(value)) for name, value in head["headers"]]
        signer = next((value for name, value in headers if name.lower() == "authorization"), "")
        headers = [(name, value) for name, value in headers if name.lower() != "authorization"]
        service, region, access_key, genuine = _signed(signer, url.netloc)
        self._service = service
        if not genuine:
            message = "The request signature we calculated does not match the signature you provided."
            raise AwsError("SignatureDoesNotMatch", message, 403)
        path = url.path or "/"
        named = next((value for name, value in headers if name.lower() == "x-amz-account-id"), WORLD.spec.account_id)
        if not path.startswith("/") or path.startswith("//") or "\0" in path or named != WORLD.spec.account_id:
            raise AwsError("InvalidRequest", "A malformed request.", 400)
        found = _S3_HOST.fullmatch(url.netloc) if service == "s3" else None
        if found and found["bucket"]:
            path = f"/{found['bucket']}{path if path != '/' else ''}"
        seq = f"{self._name}/{self._count}"
        return CellRequest(
            method=str(head["method"]),
            service=service,
            region=region or WORLD.spec.region,
            path=path,
            query=url.query,
            headers=headers,
            body=body,
            access_key=access_key,
            at=at,
            seq=seq,  # type: ignore[arg-type]  # a place in the journal is a number; within, a call has a name
        )


def _signed(signer: str, host: str) -> tuple[str, str, str | None, bool]:
    """Return the service, region and access key that a request was signed for, and whether the secret is that key's."""
    if not signer.startswith(SIGNER):
        return ("s3" if ".s3." in f".{host}" or host.startswith("s3") else host.partition(".")[0]), "", None, not signer
    service, region, access_key, secret = signer.removeprefix(SIGNER).split(" ")
    expected = keys.secret_for(WORLD.spec.secret, access_key)
    return service, region, access_key, hmac.compare_digest(expected.encode(), secret.encode())
