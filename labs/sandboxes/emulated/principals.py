"""Who calls, and whether that key (still) exists; and how keys made inside are minted.

The gateway has verified the signature; only the cell knows IAM's state. Long-term keys are IAM's, sessions are STS's, the
grader's key belongs to nobody in the account. Wording by protocol:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html, and each service's "common errors".
"""

from __future__ import annotations

from typing import Any, Final

from moto.iam.models import AccessKey, AWSManagedPolicy, IAMBackend, User, iam_backends
from moto.moto_api._internal import mock_random
from moto.sts.models import sts_backends

from labs.sandboxes import keys
from labs.sandboxes.emulated.determinism import preserved_random
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.services import Operation
from labs.sandboxes.emulated.world import WORLD

__all__ = [
    "LEARNER",
    "ManagedPolicies",
    "account_of",
    "bear_learner",
    "find_caller",
    "forget_attachments",
    "install",
    "is_ours",
    "is_start_key",
    "learner_key",
    "new_key",
    "shared_policies",
    "user_id_of",
]

LEARNER: Final = "learner"
_ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
_shared_policies: dict[str, Any] = {}


def install() -> None:
    """Let every key that moto makes be one of ours, and AWS's managed policies be shared by all cells."""
    make = AccessKey.__init__

    def make_ours(self: Any, user_name: str | None, prefix: str, account_id: str, status: str = "Active") -> None:
        make(self, user_name, prefix, account_id, status)
        self.access_key_id, self.secret_access_key = new_key("ASIA" if prefix == "ASIA" else "AKIA")

    AccessKey.__init__ = make_ours
    make_user = User.__init__

    def make_user_ours(self: Any, *args: Any, **kwargs: Any) -> None:
        make_user(self, *args, **kwargs)
        self.id = f"AIDA{self.id[:17].upper()}"

    User.__init__ = make_user_ours
    shared = _shared_policies
    shared.update(_aws_policies())
    IAMBackend._init_aws_policies = lambda self: shared.values() if self.region_name == "aws" else []
    IAMBackend._init_managed_policies = lambda self: ManagedPolicies(shared if self.region_name == "aws" else {})
    IAMBackend.get_account_authorization_details = _authorization_details
    for name in ("attach", "detach"):
        for kind in ("role", "user", "group"):
            method = f"{name}_{kind}_policy"
            setattr(IAMBackend, method, _looking_at_one(getattr(IAMBackend, method)))


def forget_attachments() -> None:
    """Let AWS's managed policies be attached to nobody again. For the end of the zygote's warm-up."""
    for policy in _shared_policies.values():
        policy.attachment_count = 0


def shared_policies() -> dict[str, Any]:
    """Return AWS's managed policies by ARN: the objects that all cells share."""
    return _shared_policies


def new_key(kind: keys.Kind) -> tuple[str, str]:
    """Return a new access key id of this sandbox and its secret. Determined by the seed of the call."""
    taken = {key for account in WORLD.accounts() for key in iam_backends[account]["aws"].access_keys}
    while True:
        serial = mock_random.getrandbits(32)
        key = keys.mint_access_key(WORLD.spec.number, serial, kind)
        if serial >= keys.FIRST_FREE_SERIAL and key not in taken and key not in WORLD.sessions:
            return key, keys.secret_for(WORLD.spec.secret, key)


def learner_key() -> str:
    """Return the id of the learner's own key."""
    return keys.mint_access_key(WORLD.spec.number, keys.LEARNER_SERIAL)


def is_start_key(access_key: str | None) -> bool:
    """Return whether it is the key that sets a lab up: it acts as the learner, whom nothing holds yet."""
    return access_key == keys.mint_access_key(WORLD.spec.number, keys.START_SERIAL)


def is_ours(access_key: str | None) -> bool:
    """Return whether it is a key of the platform's own, which no policy of the account holds."""
    return access_key is not None and (access_key == WORLD.spec.grader_access_key or is_start_key(access_key))


def bear_learner() -> None:
    """Make the IAM user that the learner's own key belongs to: an administrator."""
    spec = WORLD.spec
    with preserved_random(f"{WORLD.seed}:learner"):
        iam = iam_backends[spec.account_id]["aws"]
        user = iam.create_user("aws", LEARNER)
        iam.attach_user_policy(_ADMINISTRATOR, LEARNER)
        key = iam.create_access_key(LEARNER)
        del iam.access_keys[key.access_key_id]
        key.access_key_id = learner_key()
        key.secret_access_key = keys.secret_for(spec.secret, key.access_key_id)
        iam.access_keys[key.access_key_id] = key
        assert user.access_keys == [key]


def account_of(access_key: str) -> str:
    """Return the account of this sandbox that a key belongs to: the sandbox's own where no member has it."""
    if session := WORLD.sessions.get(access_key):
        return session.arn.split(":")[4]
    members = (each for each in WORLD.members if access_key in iam_backends[each]["aws"].access_keys)
    return next(members, WORLD.spec.account_id)


def find_caller(operation: Operation, access_key: str | None) -> str:
    """Return the ARN of whoever holds `access_key` ("anonymous" for None). Raises AwsError where nobody does (any more)."""
    if access_key is None:
        return "anonymous"
    spec = WORLD.spec
    if access_key == spec.grader_access_key:
        return f"arn:aws:sts::{spec.account_id}:assumed-role/SkylabGrader/grader"
    account = account_of(access_key)
    iam = iam_backends[account]["aws"]
    key = iam.access_keys.get(access_key)
    session = WORLD.sessions.get(access_key)
    if session:
        if session.expires <= WORLD.at:
            raise _expired(operation)
        return session.arn
    if key is None or key.status != "Active":
        raise _unknown(operation)
    if key.user_name:
        if key.user_name not in iam.users:
            raise _unknown(operation)
        return str(iam.users[key.user_name].arn)
    role = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
    if role is None:
        raise _unknown(operation)
    if role.expiration.timestamp() <= WORLD.at:
        raise _expired(operation)
    return str(role.arn)


def user_id_of(access_key: str) -> str:
    """Return the unique id that GetCallerIdentity shows for a key that find_caller() accepts."""
    spec = WORLD.spec
    if access_key == spec.grader_access_key:
        return "AROASKYLABGRADER:grader"
    if access_key in WORLD.sessions:
        return WORLD.sessions[access_key].user_id
    account = account_of(access_key)
    key = iam_backends[account]["aws"].access_keys[access_key]
    if key.user_name:
        return str(iam_backends[account]["aws"].users[key.user_name].id)
    return str(sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key).user_id)


def _unknown(operation: Operation) -> AwsError:
    if operation.service.name == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", message, 403)
    if operation.protocol == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if operation.protocol in ("query", "rest-xml"):
        return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    return AwsError("UnrecognizedClientException", "The security token included in the request is invalid.", 400)


def _expired(operation: Operation) -> AwsError:
    if operation.service.name == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", 400)
    if operation.protocol == "ec2":
        return AwsError("RequestExpired", "Request has expired.", 400)
    code = "ExpiredToken" if operation.protocol in ("query", "rest-xml") else "ExpiredTokenException"
    return AwsError(code, "The security token included in the request is expired", 403)


def _aws_policies() -> dict[str, Any]:
    """Make AWS's own managed policies once, in the zygote: some 1,300 documents that every cell then shares."""
    import json

    from moto.iam.aws_managed_policies import aws_managed_policies_data

    # Whichever account asks; moto ties a policy to the account whose backend made it.
    AWSManagedPolicy.account_id = property(lambda self: WORLD.account_id, lambda self, value: None)
    made = (
        AWSManagedPolicy.from_data(name, "aws", "aws", data)
        for name, data in json.loads(aws_managed_policies_data).items()
    )
    return {policy.arn: policy for policy in made}


class ManagedPolicies(dict[str, Any]):
    """The managed policies of an account: its own in this dict, AWS's looked up in the one that all cells share.

    To copy AWS's into each cell would touch (and so copy) the memory of all of them.
    """

    def __init__(self, shared: dict[str, Any]) -> None:
        super().__init__()
        self._shared = shared

    def __missing__(self, arn: str) -> Any:
        return self._shared[arn]

    def __contains__(self, arn: object) -> bool:
        return super().__contains__(arn) or arn in self._shared

    def __iter__(self) -> Any:
        yield from super().__iter__()
        yield from self._shared

    def __len__(self) -> int:
        return super().__len__() + len(self._shared)

    def get(self, arn: str, default: Any = None) -> Any:
        return super().get(arn) or self._shared.get(arn, default)

    def keys(self) -> Any:
        return list(self)

    def values(self) -> Any:
        return [*super().values(), *self._shared.values()]

    def items(self) -> Any:
        return [*super().items(), *self._shared.items()]


def _authorization_details(self: Any, policy_filter: list[str]) -> dict[str, Any]:
    """Answer with the account's own policies, and with those of AWS's that somebody here wears: as AWS does.

    moto goes through all 1,300 of them, which copies their memory into the cell (14 MB for each grading's first read).
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    wanted = policy_filter or ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]
    wearers = [*self.users.values(), *self.roles.values(), *self.groups.values()]
    worn = dict.fromkeys(arn for wearer in wearers for arn in wearer.managed_policies)
    own = list(dict.values(self.managed_policies)) if "LocalManagedPolicy" in wanted else []
    of_aws = [_shared_policies[arn] for arn in worn if arn in _shared_policies] if "AWSManagedPolicy" in wanted else []
    return {
        "instance_profiles": self.instance_profiles.values(),
        "roles": self.roles.values() if "Role" in wanted else [],
        "groups": self.groups.values() if "Group" in wanted else [],
        "users": self.users.values() if "User" in wanted else [],
        "managed_policies": [*of_aws, *own],
    }


def _looking_at_one(method: Any) -> Any:
    """Let moto's attach and detach, which index all policies by ARN first, see the one policy that is meant."""

    def wrapped(self: Any, policy_arn: str, *args: Any, **kwargs: Any) -> Any:
        whole = self.managed_policies
        found = whole.get(policy_arn)
        self.managed_policies = {policy_arn: found} if found else {}
        try:
            return method(self, policy_arn, *args, **kwargs)
        finally:
            self.managed_policies = whole

    return wrapped
