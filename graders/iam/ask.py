"""Questions about a bucket, as checks ask them: who can do what, shown by a request that gets through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graders import nearby
from graders.account import Account
from graders.check import Fail
from graders.iam import patterns
from graders.iam.conditions import Context
from graders.iam.decide import Policy
from graders.iam.document import Document, Statement
from graders.iam.principals import ANONYMOUS, Principal
from graders.iam.s3 import UNSEEN, Bucket, read_bucket
from graders.iam.snapshot import AccountPolicies, Actor, snapshot
from graders.iam.witnesses import Target, Undecided, Witness, instances, sessions, strangers, witnesses

# What a bucket and its objects are used with; wildcards of a lab and of a policy are tried on these.
BUCKET_ACTIONS = (
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutEncryptionConfiguration",
    "s3:DeleteBucket",
)
OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:GetObjectVersion",
    "s3:DeleteObjectVersion",
    "s3:GetObjectAcl",
    "s3:PutObjectAcl",
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "s3:RestoreObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
PERMISSIONS = (
    "s3:ListAllMyBuckets",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketAcl",
    "s3:GetObjectAcl",
    "s3:ListBucket",
)


def the_bucket(account: Account, name: str) -> Bucket:
    """The bucket with its guards; fails when it is not there, or when its policy is no policy."""
    bucket_exists(account, name)
    bucket = read_bucket(account, name)
    if bucket.invalid:
        raise Fail(
            f"S3 would refuse the policy of {name}: {bucket.invalid[0]}",
            looked_at=f"the bucket policy of {name}",
            needed="A policy that AWS accepts.",
            try_="aws s3api put-bucket-policy with the sentence above put right.",
        )
    return bucket


def bucket_exists(account: Account, name: str) -> None:
    names = [one["Name"] for one in account.read("s3", "list_buckets").get("Buckets", [])]
    if name in names:
        return
    raise Fail(
        f"The bucket {name} does not exist.{nearby.almost(name, names)}",
        looked_at="the buckets of this account",
        needed=f"A bucket named exactly {name}.",
        try_=f"aws s3api create-bucket --bucket {name}",
    )


def the_role(account: Account, name: str) -> Actor:
    """The role; fails when it is not there, with the nearest name."""
    people = snapshot(account)
    role = people.role(name)
    if role is not None:
        return role
    raise Fail(
        f"The role {name} does not exist.{nearby.almost(name, (one.principal.name for one in people.roles))}",
        looked_at="the roles of this account",
        needed=f"A role named exactly {name}.",
        try_=f"aws iam get-role --role-name {name}",
    )


def outsiders(bucket: Bucket) -> list[Actor]:
    """The internet without and with an AWS account."""
    return [Actor(ANONYMOUS), *strangers(bucket.policies)]


def learner(account: Account) -> Actor:
    """The lab's own user: the account's administrator."""
    arn = f"arn:aws:iam::{account.account_id}:user/learner"
    everything = Policy("administrator policy", Document("2012-10-17", (Statement(0, "", True, ("*",), (), ("*",)),)))
    return Actor(Principal("user", account.account_id, arn), (everything,))


def colleagues(people: AccountPolicies, bucket: Bucket, *, but: str = "") -> list[Actor]:
    """Everybody in the account but the learner and the role named `but`; and a user and a role without any rights.

    Roles that AWS services own (service-linked) are left out: nobody can give them other rights, or become them.
    """
    number = people.account_id
    anyone = Principal("user", number, f"arn:aws:iam::{number}:user/zz-newcomer", said="any other user of the account")
    role = Principal(
        "role", number, f"arn:aws:iam::{number}:role/zz-newcomer", "session", said="any other role of the account"
    )
    known = [one for one in people.users if one.principal.name != "learner"]
    for one in people.roles:
        if one.principal.name != but and ":role/aws-service-role/" not in one.principal.arn:
            known += sessions(one, bucket.policies)
    return [*known, Actor(anyone), Actor(role)]


def allowed(
    account: Account,
    bucket: Bucket,
    actors: Iterable[Actor],
    actions: Sequence[str],
    *,
    fixed: Context | None = None,
    outside: bool = False,
    search: Iterable[str] | None = None,
) -> Witness | None:
    """A request that one of the actors gets through, or None: actions on the bucket, then on its objects.

    Raises Undecided when only an access control list that the grader may not read could let one through.
    """
    target = Target(account.account_id, bucket.policies, bucket.restrict_public)
    actors = list(actors)
    searched = None if search is None else list(search)
    unseen = ""
    for names, resources in (
        ([one for one in expand(actions) if not on_objects(one)], [bucket.arn]),
        ([one for one in expand(actions) if on_objects(one)], object_arns(bucket, actors)),
    ):
        for witness in witnesses(target, actors, names, resources, fixed=fixed, outside=outside, search=searched):
            statement = witness.decision.statement
            if statement is None or not statement.sid.startswith(UNSEEN):
                return witness
            unseen = statement.sid
    if unseen:
        raise Undecided(f"the bucket's policy hides the {unseen} from the grader")
    return None


def object_arns(bucket: Bucket, actors: Iterable[Actor]) -> list[str]:
    """Objects to try: a real one, an unnamed one, one for each pattern of the policies."""
    policies = [*bucket.policies, *(policy for actor in actors for policy in actor.identity)]
    return instances(policies, f"{bucket.arn}/", bucket.keys)


def expand(actions: Sequence[str]) -> list[str]:
    """Wildcards as the actions they cover."""
    found: list[str] = []
    for action in actions:
        known = (one for one in (*BUCKET_ACTIONS, *OBJECT_ACTIONS) if patterns.matches(action, one, ignore_case=True))
        found += known if "*" in action or "?" in action else [action]
    return list(dict.fromkeys(found))


def on_objects(action: str) -> bool:
    """Whether S3 asks for an object's ARN, not the bucket's.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    name = action.lower().removeprefix("s3:")
    if name in ("abortmultipartupload", "listmultipartuploadparts"):
        return True
    return "object" in name and not name.startswith(("getbucket", "putbucket", "list"))


def trust_of(role: Actor) -> tuple[Policy, ...]:
    """The role's trust policy, as the policy of the role seen as a resource."""
    return (Policy("trust policy", role.trust),) if role.trust is not None else ()
