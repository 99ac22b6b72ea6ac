"""STS: sessions are keys of ours, and a role must be there.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: "the role's trust policy must be configured to
trust" the caller; who may not assume a role gets AccessDenied, whether it exists or not.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from moto.sts.responses import TokenResponse

from graders.iam import Policies, Principal, Request, decide
from graders.iam.assume import LONGEST_CHAINED
from labs.sandboxes import keys
from labs.sandboxes.emulated.authorization import decoded, guard_of, people
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.principals import new_key, user_id_of
from labs.sandboxes.emulated.world import WORLD, Assumed, Session


def install() -> None:
    """Replace what moto answers with example keys, and random tokens, by our own."""
    make = AssumedRole.__init__

    def make_ours(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.session_token = keys.session_token_for(WORLD.spec.secret, self.access_key_id)

    AssumedRole.__init__ = make_ours
    assume = TokenResponse.assume_role

    def assume_and_note(self: Any) -> Any:
        known = {
            each.access_key_id for account in WORLD.accounts() for each in sts_backends[account]["aws"].assumed_roles
        }
        answer = assume(self)
        tags = {each["Key"]: each["Value"] for each in self._get_param("Tags") or [] if "Key" in each}
        for each in [each for account in WORLD.accounts() for each in sts_backends[account]["aws"].assumed_roles]:
            if each.access_key_id not in known:
                WORLD.assumed[each.access_key_id] = Assumed(_session_policies(self), tags)
        return answer

    TokenResponse.assume_role = assume_and_note
    TokenResponse.get_session_token = _get_session_token
    TokenResponse.get_federation_token = _get_federation_token
    STSBackend.get_caller_identity = _get_caller_identity


@before("sts", "AssumeRole")
def the_role_must_be_there(call: Call) -> None:
    """Refuse a role that is not there (as one that may not be assumed), and a session longer than the role's.

    Whether the caller may is decided before, by the role's trust policy and the caller's own.
    """
    arn = str(call.parameters.get("RoleArn", ""))
    found = _role(call, arn)
    if found is None:
        said = f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise AwsError("AccessDenied", said, 403)
    chained = ":assumed-role/" in call.principal
    asked = int(call.parameters.get("DurationSeconds") or 3600)
    if chained and asked > LONGEST_CHAINED:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise AwsError("ValidationError", message, 400)
    if asked > int(found.max_session_duration or 3600):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", message, 400)


@before("sts", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
def the_role_must_trust_the_provider(call: Call) -> None:
    """Refuse a federated session that the role's trust policy does not grant. Nobody checks the token's signature here.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    arn, name = str(call.parameters.get("RoleArn", "")), call.operation.name
    who, keys = _vouched_for(call)
    target = guard_of(call.account_id, arn)
    request = Request(who, f"sts:{name}", arn, {**keys, "aws:securetransport": "true"}, complete=True)
    policies = Policies(call.account_id, resource=target.policies, resource_decides=True)
    if _role(call, arn) is None or not decide(request, policies).allowed:
        raise AwsError("AccessDenied", f"Not authorized to perform sts:{name}", 403)


def _role(call: Call, arn: str) -> Any:
    """Return the role, of whichever account of this sandbox."""
    account = arn.split(":")[4] if arn.count(":") >= 5 else call.account_id
    if account not in WORLD.accounts():
        return None
    return next((each for each in iam_backends[account]["aws"].roles.values() if each.arn == arn), None)


def _vouched_for(call: Call) -> tuple[Principal, dict[str, str]]:
    """Return the identity provider as a principal, and what it says of the person."""
    account = call.account_id
    if call.operation.name == "AssumeRoleWithSAML":
        return Principal("federated", arn=str(call.parameters.get("PrincipalArn", ""))), {
            "saml:aud": "https://signin.aws.amazon.com/saml"
        }
    claims = _claims(str(call.parameters.get("WebIdentityToken", "")))
    issuer = str(call.parameters.get("ProviderId") or claims.get("iss", "")).removeprefix("https://")
    keys = {f"{issuer}:{name}".lower(): str(value) for name, value in claims.items()}
    own = f"arn:aws:iam::{account}:oidc-provider/{issuer}"
    there = own in iam_backends[account]["aws"].open_id_providers
    return Principal("federated", arn=own if there else issuer), keys


def _claims(token: str) -> dict[str, Any]:
    try:
        middle = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


@before("sts", "DecodeAuthorizationMessage")
def open_the_message(call: Call) -> Answer:
    """Open what EC2 encoded into a refusal."""
    try:
        told = decoded(str(call.parameters.get("EncodedMessage", "")))
    except ValueError as error:
        raise AwsError("InvalidAuthorizationMessageException", "The message could not be decoded", 400) from error
    body = (
        '<DecodeAuthorizationMessageResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<DecodeAuthorizationMessageResult><DecodedMessage>{escape(told)}</DecodedMessage>"
        "</DecodeAuthorizationMessageResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
        "</DecodeAuthorizationMessageResponse>"
    )
    return Answer(200, {"content-type": "text/xml"}, body.encode())


def _get_session_token(self: Any) -> Any:
    caller, key = WORLD.caller, self.get_access_key()
    if ":assumed-role/" in caller:
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    duration = self._get_int_param("DurationSeconds", 43200)
    made = Session(caller, user_id_of(key), 0, _owner(caller), keys=_second_factor(self))
    return ActionResult({"Credentials": _session(made, duration)})


def _get_federation_token(self: Any) -> Any:
    name = self._get_param("Name")
    account = WORLD.account_id
    duration = self._get_int_param("DurationSeconds", 43200)
    arn, user_id = f"arn:aws:sts::{account}:federated-user/{name}", f"{account}:{name}"
    policies = _session_policies(self)
    made = Session(arn, user_id, 0, _owner(WORLD.caller), "federated-user", policies)
    return ActionResult(
        {
            "Credentials": _session(made, duration),
            "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
            "PackedPolicySize": 6,
        }
    )


def _owner(arn: str) -> str:
    return arn.rpartition("/")[2] if ":user/" in arn else "root"


def _second_factor(self: Any) -> dict[str, str]:
    """What a session with a code carries. The code itself is not checked: no device is behind it here.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    given = bool(self._get_param("SerialNumber") and self._get_param("TokenCode"))
    keys = {"aws:multifactorauthpresent": str(given).lower(), "aws:tokenissuetime": _iso(WORLD.at)}
    return keys | ({"aws:multifactorauthage": "0"} if given else {})


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _session_policies(self: Any) -> tuple[str, ...]:
    """Return the session policies of a call: its Policy, and those that PolicyArns names."""
    managed = iam_backends[WORLD.account_id]["aws"].managed_policies
    found = [self._get_param("Policy")] if self._get_param("Policy") else []
    for each in self._get_param("PolicyArns") or []:
        policy = managed.get(each.get("arn") or each.get("Arn", ""))
        found += [people.in_force(policy)] if policy else []
    return tuple(found)


def _session(made: Session, duration: int) -> dict[str, Any]:
    key, secret = new_key("ASIA")
    expires = WORLD.at + min(max(duration, 900), 129_600)
    made.expires = expires
    WORLD.sessions[key] = made
    return {
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "SessionToken": keys.session_token_for(WORLD.spec.secret, key),
        "Expiration": datetime.fromtimestamp(expires, UTC).replace(tzinfo=None),
    }


def _get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    return user_id_of(access_key_id), WORLD.caller, WORLD.account_id
