"""A key's side of a decision: its policy decides, grants add to it, the account's root delegates.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graders.iam.conditions import Condition
from graders.iam.document import Document, Statement
from graders.iam.request import Policies, Policy

# With these states a key does nothing but be described and managed.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
UNUSABLE = ("Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable")
USE = (
    "kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:Sign", "kms:Verify", "kms:GenerateMac", "kms:VerifyMac", "kms:DeriveSharedSecret",
)  # fmt: skip


@dataclass(frozen=True)
class KeyGrant:
    """One grant: `grantee` an ARN or a service name, `operations` as ListGrants gives them ("Decrypt").

    `equals` or `subset` constrain the encryption context: exactly these pairs, or at least these.
    """

    grantee: str
    operations: tuple[str, ...]
    grant_id: str = ""
    equals: Mapping[str, str] = field(default_factory=dict)
    subset: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> KeyGrant:
        """From an entry of ListGrants."""
        limits = entry.get("Constraints", {})
        return cls(
            entry["GranteePrincipal"],
            tuple(entry["Operations"]),
            entry.get("GrantId", ""),
            limits.get("EncryptionContextEquals", {}),
            limits.get("EncryptionContextSubset", {}),
        )


def grant_policy(grant: KeyGrant, key_arn: str) -> Policy:
    """A grant as what it does: an Allow in the key's policies. It cannot deny."""
    kind = "Service" if grant.grantee.endswith(".amazonaws.com") else "AWS"
    pairs = {**grant.equals, **grant.subset}
    conditions = [
        _equals("StringEquals", f"kms:encryptioncontext:{name.lower()}", value) for name, value in pairs.items()
    ]
    if grant.equals:
        keys = tuple(grant.equals)
        conditions.append(
            Condition(
                "ForAllValues:StringEquals",
                "StringEquals",
                False,
                False,
                "ForAllValues",
                "kms:encryptioncontextkeys",
                keys,
            )
        )
    statement = Statement(
        0,
        grant.grant_id,
        True,
        tuple(f"kms:{name}" for name in grant.operations),
        resources=(key_arn,),
        principals=((kind, grant.grantee),),
        conditions=tuple(conditions),
    )
    return Policy("grants of the key", Document("2012-10-17", (statement,)))


def key_policies(
    owner: str, key_arn: str, policy: Document, grants: Iterable[KeyGrant] = (), *, name: str = "key policy"
) -> Policies:
    """All that a key brings to a decision; the caller's policies are to be added (dataclasses.replace)."""
    granted = tuple(grant_policy(one, key_arn) for one in grants)
    return Policies(owner, resource=(Policy(name, policy), *granted), resource_decides=True)


def locks_out(policy: Document, owner: str) -> bool:
    """Whether a key policy leaves nobody in the account who may change it; KMS refuses such a policy.

    Only who is named is looked at: a statement for the account, one of its principals or everybody that allows
    kms:PutKeyPolicy. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    return not any(
        one.allow and any(f":{owner}:" in value or value in ("*", owner) for _, value in one.principals or ())
        for one in policy.about("kms:PutKeyPolicy")
    )


def usable(state: str, action: str) -> bool:
    """Whether a key in a state (DescribeKey's KeyState) answers a call that the policies allow."""
    return state not in UNUSABLE or action not in USE


def _equals(operator: str, key: str, value: str) -> Condition:
    return Condition(operator, operator, False, False, "", key, (value,))
