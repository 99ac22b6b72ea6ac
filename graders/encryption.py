"""KMS keys: found by id, ARN or alias; whether they work, and for whom. And the secrets that they guard.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from graders import nearby
from graders.account import Account, is_absence
from graders.check import Fail
from graders.iam import InvalidPolicy, Policy, Principal, Request, ask, decide, parse
from graders.iam.kms import KeyGrant, grant_policy, locks_out
from graders.iam.services import as_service
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first

PERMISSIONS = ("kms:ListAliases", "kms:DescribeKey")
POLICY_PERMISSIONS = (*PERMISSIONS, "kms:GetKeyPolicy", "kms:ListGrants")
SECRET_PERMISSIONS = ("secretsmanager:ListSecrets", "secretsmanager:DescribeSecret")
TLS = {"aws:SecureTransport": "true"}


@dataclass(frozen=True)
class Key:
    """`state` as DescribeKey's KeyState, `aliases` with their "alias/"; `called` is how the lab or a setting named it."""

    called: str
    key_id: str
    arn: str
    state: str
    metadata: dict[str, Any]
    aliases: tuple[str, ...]

    @property
    def by_aws(self) -> bool:
        """An AWS managed key: one that a service made for this account. Its policy cannot be changed."""
        return self.metadata.get("KeyManager") == "AWS" or any(
            "alias/aws/" in one for one in (self.called, *self.aliases)
        )

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


def find(account: Account, reference: str, region: str | None = None) -> Key | None:
    """The key that an id, an ARN, an alias or an alias's ARN means in a region (an ARN brings its own); or None."""
    parts = reference.split(":", 5)
    if len(parts) == 6:
        region = parts[3]
        if parts[4] not in ("", account.account_id):
            return None
    name = parts[-1].removeprefix("key/")
    aliases = _aliases(account, region)
    # AWS makes the keys behind alias/aws/… when they are first described; until then the alias has no key.
    key_id = aliases.get(name, "") if name.startswith("alias/") and not name.startswith("alias/aws/") else name
    if not key_id:
        return None
    try:
        metadata = account.read("kms", "describe_key", region=region, KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if is_absence(error):
            return None
        raise
    names = tuple(alias for alias, target in aliases.items() if target == metadata["KeyId"])
    return Key(reference, metadata["KeyId"], metadata["Arn"], metadata.get("KeyState", ""), metadata, names)


def the_key(account: Account, reference: str, region: str = "") -> Key:
    """The key in a region (the account's own if none is given).

    Fails when it is not there, with the nearest alias or the region that has it.
    """
    region = region or account.region
    found = find(account, reference, region)
    if found is not None:
        return found
    hint = nearby.almost(reference, _aliases(account, region)) or nearby.elsewhere(
        account, lambda other: find(account, reference, other) is not None
    )
    raise Fail(
        "The key {key} does not exist.{hint}",
        looked_at="the KMS keys and aliases in {region}",
        needed="A key that goes by {key} in {region}.",
        try_="aws kms create-key, and aws kms create-alias for its name."
        if "alias/" in reference
        else "aws kms list-keys",
        key=reference,
        hint=hint,
        region=region,
    )


def must_work(key: Key) -> None:
    """Fails when the key is disabled, waits for its deletion or lacks its material."""
    if key.state == "Enabled":
        return
    raise Fail(
        "The key {key} is {state}: nothing can be encrypted or decrypted with it.",
        looked_at="the state of the key {key}",
        needed="Enabled.",
        try_="aws kms cancel-key-deletion, then aws kms enable-key"
        if key.state == "PendingDeletion"
        else "aws kms enable-key",
        key=key.called,
        state=key.state,
    )


def same(account: Account, reference: str, key: Key, region: str | None = None) -> bool:
    """Whether a setting's reference (in any form, read in its region) means this very key."""
    found = find(account, reference, region) if reference else None
    return found is not None and found.arn == key.arn


def target(account: Account, key: Key) -> Target:
    """The key as the policy engine sees it: its policy and its live grants; fails when KMS would refuse the policy."""
    region = key.region
    text = account.read("kms", "get_key_policy", region=region, KeyId=key.key_id, PolicyName="default")["Policy"]
    try:
        document = parse(text, "resource")
        problem = ""
        if not key.by_aws and locks_out(document, account.account_id):
            problem = "it leaves nobody who may change it."
    except InvalidPolicy as error:
        problem = error.reasons[0]
    if problem:
        raise Fail(
            "KMS would refuse the policy of key {key}: {problem}",
            looked_at="the policy of key {key}",
            needed="A policy that AWS accepts.",
            try_="aws kms put-key-policy with a statement that lets the account administer the key.",
            key=key.called,
            problem=problem,
        )
    grants = account.read("kms", "list_grants", region=region, KeyId=key.key_id).get("Grants", [])
    granted = (grant_policy(KeyGrant.of(one), key.arn) for one in grants)
    return Target(account.account_id, (Policy("key policy", document), *granted), resource_decides=True)


def keeps_out(account: Account, key: Key, actor: Actor, actions: Iterable[str], *, via: str = "") -> str:
    """Why a user or role cannot use the key, or "". `via`: the service that calls for it ("s3")."""
    if key.state != "Enabled":
        return f"the key {key.called} is {key.state}"
    if key.by_aws:  # anybody in its account who may use the service, nobody outside
        own = actor.principal.account == account.account_id
        return "" if own else f"the key {key.called} is AWS managed: no other account can use it"
    guards = target(account, key)
    keys = TLS | ({"kms:ViaService": f"{via}.{key.region}.amazonaws.com"} if via else {})
    for action in actions:
        if first(guards, [actor], [action], [key.arn], fixed={name.lower(): value for name, value in keys.items()}):
            continue
        request = Request(actor.principal, action, key.arn, keys)
        return ask.refusal(request, decide(request, guards.seen_by(actor)))
    return ""


def keeps_service_out(account: Account, key: Key, service: str, actions: Iterable[str], source: str) -> str:
    """Why an AWS service ("s3.amazonaws.com") that acts for `source` (ARN) cannot use the key, or ""."""
    if key.state != "Enabled":
        return f"the key {key.called} is {key.state}"
    if key.by_aws:
        return f"the key {key.called} is AWS managed: its policy lets no other service in"
    guards = target(account, key)
    for action in actions:
        request = as_service(service, action, key.arn, source_arn=source, source_account=account.account_id)
        decision = decide(request, guards.seen_by(Actor(Principal("service", service=service))))
        if not decision.allowed:
            return ask.refusal(request, decision)
    return ""


def the_secret(account: Account, name: str) -> dict[str, Any]:
    """describe_secret's answer, by name or ARN; fails when there is none, or when it waits to be deleted."""
    found = _secrets(account, account.region).get(name)
    if found is not None:
        secret = account.read("secretsmanager", "describe_secret", SecretId=found)
        if not secret.get("DeletedDate"):
            return secret
    hint = nearby.almost(name, (one for one in _secrets(account, account.region) if not one.startswith("arn:")))
    hint = hint or nearby.elsewhere(account, lambda region: name in _secrets(account, region))
    raise Fail(
        "The secret {secret} waits to be deleted." if found else "The secret {secret} does not exist.{hint}",
        looked_at="the secrets in {region}",
        needed="A secret named {secret} in {region}.",
        try_="aws secretsmanager restore-secret --secret-id {secret}"
        if found
        else "aws secretsmanager create-secret --name {secret}",
        secret=name,
        hint=hint,
        region=account.region,
    )


def _secrets(account: Account, region: str) -> dict[str, str]:
    """ARNs by name and by ARN, of those too that wait to be deleted."""
    answer = account.read("secretsmanager", "list_secrets", region=region, IncludePlannedDeletion=True)
    return {name: one["ARN"] for one in answer.get("SecretList", []) for name in (one["Name"], one["ARN"])}


def _aliases(account: Account, region: str | None) -> dict[str, str]:
    """Key ids by alias, "" for one of AWS's own that has no key yet."""
    answer = account.read("kms", "list_aliases", region=region)
    return {one["AliasName"]: one.get("TargetKeyId", "") for one in answer.get("Aliases", [])}
