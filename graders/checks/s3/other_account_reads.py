"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html"""

from typing import Any

from graders import Account, Fail, buckets, check, encryption
from graders.iam import Principal, Request, ask, decide
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first

READ = "s3:GetObject"
TLS = {"aws:securetransport": "true"}


@check(permissions=[*ask.PERMISSIONS, *buckets.KEY_PERMISSIONS, *encryption.POLICY_PERMISSIONS, "s3:GetObject"])
def other_account_reads(
    account: Account,
    *,
    bucket: str,
    other_account: str,
    role: str = "",
    organization: str = "",
    prefix: str = "",
) -> None:
    """The account {other_account} can read the objects of {bucket}, and strangers cannot.

    This account's half is judged: that the other account's administrators give their role its half is taken for granted.
    `role`: this role of the other account (its name) must get in; any of the account's, when left out. By the account, by
    the role's ARN, or by the organization, whose id is then `organization`. The key of the bucket must let the other
    account in too, and that of AWS never does.
    """
    found = ask.the_bucket(account, bucket)
    name = role.rpartition("/")[2] or "reader"
    reader = Actor(
        Principal(
            "role",
            other_account,
            f"arn:aws:iam::{other_account}:role/{name}",
            "session",
            organization=organization,
            said=f"the role {name} of account {other_account}",
        ),
        (ask.EVERYTHING,),
    )
    values: dict[str, Any] = {
        "bucket": bucket,
        "reader": str(reader.principal),
        "other": other_account,
        "arn": found.arn,
    }
    guards = Target(account.account_id, found.policies, found.restrict_public)
    keys = [one for one in found.keys if one.startswith(prefix)]
    for key in keys or [f"{prefix}report.csv"]:
        arn = f"{found.arn}/{key}"
        if first(guards, [reader], [READ], [arn], fixed=TLS) is None:
            raise _refused(account, found, guards, reader, arn, values)
        how = buckets.encryption_of(buckets.head(account, bucket, key)) if keys else None
        _key_lets_in(account, bucket, how or buckets.default_encryption(account, bucket), reader, values)
    witness = ask.allowed(account, found, ask.outsiders(account, found.policies), [READ], outside=True)
    if witness is not None:
        raise _fail(
            "{bucket} is open to strangers too: {by}.",
            values,
            "Name the other account as the Principal, not *.",
            counterexample="{request}.",
            by=witness.decision.sentence,
            request=witness.sentence,
        )


def _refused(account: Account, found: Any, guards: Target, reader: Actor, arn: str, values: dict[str, Any]) -> Fail:
    request = Request(reader.principal, READ, arn, TLS)
    decision = decide(request, guards.seen_by(reader))
    why = ask.refusal(request, decision)
    grants = [one for policy in found.policies for one in policy.document.about(READ, True)]
    if found.restrict_public:
        return _fail(
            "Block Public Access cuts {reader} off: a statement of the policy is public, and RestrictPublicBuckets then "
            "lets nobody in from another account.",
            values,
            "Take the statement with Principal * out of the policy.",
        )
    if any(found.arn in one.resources for one in grants):
        return _fail(
            "{reader} cannot read: the policy speaks of the bucket, not of its objects.",
            values,
            "s3:GetObject acts on objects: the Resource must be {arn}/*.",
        )
    named = [one for one in ask.foreign_accounts(account, found.policies)[1:] if one != values["other"]]
    return _fail(
        "{reader} cannot read: the policy lets account {named} in." if named else "{reader} cannot read: {why}.",
        values,
        "Allow s3:GetObject on {arn}/* in the bucket policy, with the account or its role as the Principal.",
        named=named,
        why=why,
    )


def _key_lets_in(account: Account, bucket: str, how: buckets.Encryption, reader: Actor, values: dict[str, Any]) -> None:
    if not how.kms:
        return
    key = buckets.key_of(account, bucket, how)
    why = encryption.keeps_out(account, key, reader, ["kms:Decrypt"], via="s3") if key else "the key is not there"
    if why:
        raise _fail(
            "{reader} may fetch the objects, and cannot decrypt them: {why}.",
            values,
            "A customer key whose policy lets the other account kms:Decrypt; the key of AWS lets no other account in.",
            why=why,
        )


def _fail(found: str, values: dict[str, Any], try_: str, *, counterexample: str = "", **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the policy, the public access block and the key of {bucket}",
        needed="Account {other} can read {bucket}, strangers cannot.",
        try_=try_,
        counterexample=counterexample,
        **values,
        **more,
    )
