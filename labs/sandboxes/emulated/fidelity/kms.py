"""KMS: a key that is disabled or to be deleted is of no use; it rotates as often as it was told to, and goes on its day.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html (RotationPeriodInDays)
https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.kms.models import kms_backends

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, after, before

_USES: Final = (
    "CreateGrant",
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
)
_CHANGES: Final = (
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "UpdateKeyDescription",
)
_PERIOD: Final = 365
_PERIODS: Final = range(90, 2561)
_DAY: Final = 86_400
_ID_BYTES: Final = 36  # moto's ciphertext begins with the id of its key (M: utils.encrypt)


def install() -> None:
    """Let keys be deleted when their day has come."""
    timeline.source(_due, _delete)


@before("kms", *_USES, *_CHANGES)
def only_keys_in_use_are_used(call: Call) -> None:
    """Refuse what the state of the key does not allow."""
    for key in _meant(call):
        name = call.operation.name
        if key.key_state == "Disabled" and name in (*_USES, "EnableKeyRotation", "RotateKeyOnDemand"):
            raise AwsError("DisabledException", f"{key.arn} is disabled.", 400)
        if key.key_state == "PendingDeletion":
            raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.", 400)


@before("kms", "CancelKeyDeletion")
def only_what_is_to_be_deleted_is_kept(call: Call) -> None:
    """Refuse to keep a key that nobody wanted to delete."""
    for key in _meant(call):
        if key.key_state != "PendingDeletion":
            raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.", 400)


@before("kms", "EnableKeyRotation")
def the_period_is_possible(call: Call) -> None:
    """Refuse a period of rotation that there is not, and to rotate what does not rotate by itself."""
    period = int(call.parameters.get("RotationPeriodInDays") or _PERIOD)
    if period not in _PERIODS:
        message = (
            f"1 validation error detected: Value '{period}' at 'rotationPeriodInDays' failed to satisfy constraint: "
            "Member must have value between 90 and 2560"
        )
        raise AwsError("ValidationException", message, 400)
    for key in _meant(call):
        if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
            raise AwsError("UnsupportedOperationException", f"{key.arn} does not rotate automatically.", 400)


@after("kms", "EnableKeyRotation")
def the_period_is_kept(call: Call, answer: Answer) -> None:
    """Keep how often the key rotates, and since when."""
    for key in _meant(call):
        period = int(call.parameters.get("RotationPeriodInDays") or _PERIOD)
        if not (period == getattr(key, "rotation_period", None) and hasattr(key, "rotates_since")):
            key.rotation_period, key.rotates_since = period, timeline.now()


@after("kms", "DisableKeyRotation")
def the_period_is_forgotten(call: Call, answer: Answer) -> None:
    """Begin anew when rotation is enabled again."""
    for key in _meant(call):
        key.__dict__.pop("rotates_since", None)


@after("kms", "GetKeyRotationStatus")
def the_period_is_shown(call: Call, answer: Answer) -> None:
    """Show the period and the next day, as GetKeyRotationStatus does."""
    told = json.loads(answer.body)
    for key in _meant(call):
        told["KeyId"] = key.arn
        if told.get("KeyRotationEnabled"):
            period = int(getattr(key, "rotation_period", _PERIOD))
            since = float(getattr(key, "rotates_since", timeline.now()))
            passed = int((timeline.now() - since) // (period * _DAY))
            told |= {"RotationPeriodInDays": period, "NextRotationDate": since + (passed + 1) * period * _DAY}
    answer.body = json.dumps(told).encode()


def _meant(call: Call) -> Iterator[Any]:
    """Yield the keys that the call is about: by id, ARN or alias, or by what was encrypted with them."""
    backend = kms_backends[call.account_id][call.region]
    given = call.parameters
    names = [str(given[name]) for name in ("KeyId", "DestinationKeyId", "SourceKeyId") if given.get(name)]
    blob = given.get("CiphertextBlob")
    if isinstance(blob, (bytes, str)):
        data = blob if isinstance(blob, bytes) else base64.b64decode(blob)
        names.append(data[:_ID_BYTES].decode("ascii", "replace"))
    for name in dict.fromkeys(names):
        with contextlib.suppress(ServiceException):  # moto says that there is none
            found = backend.keys.get(backend.any_id_to_key_id(name) or "")
            if found is not None:
                yield found


def _all() -> Iterator[tuple[Any, Any, float]]:
    for account in sorted(kms_backends):
        for _, backend in sorted(dict.items(kms_backends[account])):
            for key in list(backend.keys.values()):
                if key.key_state == "PendingDeletion" and key.deletion_date:
                    day: datetime = key.deletion_date
                    yield backend, key, (day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp()


def _due(since: float) -> float | None:
    moments = [at for _, _, at in _all()]
    return max(since, min(moments)) if moments else None


def _delete(at: float) -> None:
    for backend, key, day in _all():
        if day <= at:
            backend.keys.pop(key.id, None)  # its aliases are its own
