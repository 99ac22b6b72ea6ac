"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-walkthrough1.html"""

from typing import Any

from graders import Account, Fail, buckets, check, encryption
from graders.account import read_or_none
from graders.iam import Policies, ask, decide
from graders.iam.services import as_service
from graders.iam.snapshot import PERMISSIONS, Actor
from graders.iam.witnesses import Target, first, sessions

TLS = {"aws:securetransport": "true"}


@check(
    permissions=[
        *ask.PERMISSIONS, *PERMISSIONS, *buckets.KEY_PERMISSIONS, *encryption.POLICY_PERMISSIONS,
        "s3:GetReplicationConfiguration", "s3:GetBucketVersioning",
    ]
)  # fmt: skip
def replication_reaches(
    account: Account, *, source: str, destination: str, prefix: str = "", other_region: bool = False
) -> None:
    """New objects of {source} are copied to {destination}.

    A rule that is on and covers every object under `prefix`; both buckets keep versions; S3 may become the rule's role,
    and the role may read there and write here. Where the source encrypts with a KMS key, the rule takes such objects
    along and the role may decrypt them. `other_region`: the copy must lie in another region.
    """
    ask.bucket_exists(account, source)
    absent = "ReplicationConfigurationNotFoundError"
    answer = read_or_none(account, absent, "s3", "get_bucket_replication", Bucket=source) or {}
    configuration: dict[str, Any] = answer.get("ReplicationConfiguration", {})
    ask.bucket_exists(account, destination)
    rule = _rule(configuration.get("Rules", []), source, destination, prefix)
    for bucket in (source, destination):
        status = buckets.versioning(account, bucket).get("Status", "never turned on")
        if status != "Enabled":
            raise _fail(
                "{bucket} keeps no versions (versioning: {status}), and without them nothing is replicated.",
                source,
                destination,
                try_="aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
                bucket=bucket,
                status=status,
            )
    here, there = buckets.region_of(account, source), buckets.region_of(account, destination)
    if other_region and here == there:
        raise _fail(
            "Both buckets lie in {region}: when it is gone, so is the copy.",
            source,
            destination,
            try_="Create the destination in another region.",
            region=here,
        )
    role = ask.the_role(account, configuration.get("Role", "").rpartition("/")[2])
    _role_works(account, role, source, destination, prefix)
    _keys_work(account, role, rule, source, destination)


def _rule(rules: list[dict[str, Any]], source: str, destination: str, prefix: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{destination}"
    if not rules:
        raise _fail("{source} has no replication rules.", source, destination, try_="aws s3api put-bucket-replication")
    aims = [one["Destination"]["Bucket"].rpartition(":")[2] for one in rules]
    near = ""
    for rule in (one for one in rules if one["Destination"]["Bucket"] == arn):
        scope, narrower = buckets.filter_of(rule)
        if rule.get("Status") != "Enabled":
            near = "is off"
        elif not prefix.startswith(scope):
            near = f"copies what begins with {scope} only"
        elif narrower:
            near = f"copies objects with {' and '.join(narrower)} only"
        else:
            return rule
    raise _fail(
        "The replication rule to {destination} {near}."
        if near
        else "The replication of {source} goes to {aims}, not to {destination}.",
        source,
        destination,
        try_="aws s3api put-bucket-replication with Status Enabled and a Filter for what the task asks",
        near=near,
        aims=aims,
    )


def _role_works(account: Account, role: Actor, source: str, destination: str, prefix: str) -> None:
    name = role.principal.name
    arn = f"arn:aws:s3:::{source}"
    trusted = Policies(account.account_id, resource=ask.trust_of(role), resource_decides=True)
    callers = [
        as_service(one, "sts:AssumeRole", role.principal.arn, source_arn=arn, source_account=account.account_id)
        for one in ("s3.amazonaws.com", "batchoperations.s3.amazonaws.com")
    ]
    if not any(decide(one, trusted).allowed for one in callers):
        raise _fail(
            "S3 may not become the role {role}: its trust policy does not let s3.amazonaws.com in.",
            source,
            destination,
            try_="aws iam update-assume-role-policy with the service s3.amazonaws.com",
            role=name,
        )
    object_ = f"{prefix}report.csv"
    for bucket, things in (
        (source, (("s3:GetReplicationConfiguration", ""), ("s3:ListBucket", ""))),
        (source, (("s3:GetObjectVersionForReplication|s3:GetObjectVersion", f"/{object_}"),)),
        (destination, (("s3:ReplicateObject", f"/{object_}"),)),
    ):
        guards = Target(account.account_id, ask.the_bucket(account, bucket).policies)
        for actions, suffix in things:
            wanted = f"arn:aws:s3:::{bucket}{suffix}"
            if first(guards, sessions(role, guards.policies), actions.split("|"), [wanted], fixed=TLS) is None:
                raise _fail(
                    "The role {role} cannot {action} {thing}.",
                    source,
                    destination,
                    try_="Allow {action} on {arn} in a policy of the role.",
                    role=name,
                    action=actions.partition("|")[0],
                    thing=wanted.removeprefix("arn:aws:s3:::"),
                    arn=f"arn:aws:s3:::{bucket}" + ("/*" if suffix else ""),
                )


def _keys_work(account: Account, role: Actor, rule: dict[str, Any], source: str, destination: str) -> None:
    how = buckets.default_encryption(account, source)
    key = buckets.key_of(account, source, how)
    if not how.kms:
        return
    taken = rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {}).get("Status") == "Enabled"
    if not taken or not rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID"):
        raise _fail(
            "{source} encrypts with a KMS key, and the rule leaves such objects out.",
            source,
            destination,
            try_="SourceSelectionCriteria with SseKmsEncryptedObjects Enabled, and a ReplicaKmsKeyID in the Destination.",
        )
    why = encryption.keeps_out(account, key, role, ["kms:Decrypt"], via="s3") if key else "its key is not there"
    if why:
        raise _fail(
            "The role cannot decrypt the objects of {source}: {why}.",
            source,
            destination,
            try_="Allow kms:Decrypt on the key of {source} in a policy of the role.",
            why=why,
        )


def _fail(found: str, source: str, destination: str, *, try_: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the replication of {source}, its role, and both buckets",
        needed="Every new object of {source} arrives in {destination}.",
        try_=try_,
        counterexample="A report.csv uploaded to {source} never arrives in {destination}.",
        source=source,
        destination=destination,
        **values,
    )
