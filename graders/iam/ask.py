"""Questions about a bucket, as checks ask them: who can do what, shown by a request that gets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graders import nearby
from graders.account import Account
from graders.check import Fail
from graders.iam import organization, patterns, s3
from graders.iam.conditions import Context
from graders.iam.decide import Decision, Policy, Reason, Request
from graders.iam.document import ACCOUNT, CLOUDFRONT_ARN, Document, Statement
from graders.iam.principals import ANONYMOUS, Principal, root
from graders.iam.s3 import UNSEEN, Bucket, read_bucket
from graders.iam.snapshot import AccountPolicies, Actor, snapshot
from graders.iam.witnesses import STRANGER, Target, Undecided, Witness, instances, sessions, strangers, who, witnesses

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
EVERYTHING = Policy("administrator policy", Document("2012-10-17", (Statement(0, "", True, ("*",), (), ("*",)),)))
# Keys by which a condition names callers, and those by which it names accounts that a service acts for.
NAMING_KEYS = {
    **dict.fromkeys(("aws:principalarn", "aws:principalaccount", "aws:userid"), "AWS"),
    **dict.fromkeys(("aws:sourceaccount", "aws:sourceowner", "aws:sourcearn"), "source"),
    "aws:principalorgid": "organization",
}
PERMISSIONS = (*s3.PERMISSIONS, *organization.PERMISSIONS)


def the_bucket(account: Account, name: str) -> Bucket:
    """The bucket with its guards; fails when it is not there, or when its policy is no policy."""
    bucket_exists(account, name)
    bucket = read_bucket(account, name)
    if bucket.invalid:
        raise Fail(
            "S3 would refuse the policy of {bucket}: {reason}",
            looked_at="the bucket policy of {bucket}",
            needed="A policy that AWS accepts.",
            try_="aws s3api put-bucket-policy with the sentence above put right.",
            bucket=name,
            reason=bucket.invalid[0],
        )
    return bucket


def bucket_exists(account: Account, name: str) -> None:
    names = [one["Name"] for one in account.read("s3", "list_buckets").get("Buckets", [])]
    if name in names:
        return
    raise Fail(
        "The bucket {bucket} does not exist.{hint}",
        looked_at="the buckets of this account",
        needed="A bucket named exactly {bucket}.",
        try_="aws s3api create-bucket --bucket {bucket}",
        bucket=name,
        hint=nearby.almost(name, names),
    )


def the_role(account: Account, name: str) -> Actor:
    """The role; fails when it is not there, with the nearest name."""
    people = snapshot(account)
    role = people.role(name)
    if role is not None:
        return role
    raise Fail(
        "The role {role} does not exist.{hint}",
        looked_at="the roles of this account",
        needed="A role named exactly {role}.",
        try_="aws iam get-role --role-name {role}",
        role=name,
        hint=nearby.almost(name, (one.principal.name for one in people.roles)),
    )


def outsiders(account: Account, policies: Sequence[Policy], *, named: bool = False, bucket: str = "") -> list[Actor]:
    """The internet without and with an AWS account; `named`: and whoever the policies (a bucket's) name elsewhere."""
    foreign = [one for one in foreigners(account, policies, bucket) if named or one.principal.account == STRANGER]
    return [Actor(ANONYMOUS), *strangers(policies), *foreign]


def foreigners(account: Account, policies: Iterable[Policy], bucket: str = "") -> list[Actor]:
    """Whoever the policies name outside the account, by Principal, NotPrincipal or a condition.

    Of each account its root user and an administrator, of each ARN the user or role; the people whom an identity
    provider lets in; a member of an organization; at a bucket, an account by its canonical id. A pattern of accounts
    means STRANGER or one that it covers.
    """
    found: dict[Principal, None] = {}
    for kind, value in _named(policies):
        if kind == "Federated":
            found[Principal("federated", arn=value, said=f"whoever signs in with {value}")] = None
        elif kind == "organization":
            said = f"any account of organization {value}"
            found[Principal("user", organization=patterns.instance(value), said=said)] = None
        elif kind == "CanonicalUser" and bucket and value not in _own_ids(account, bucket):
            said = f"the account with the canonical id {value[:8]}…"
            found[Principal("root", canonical_id=value, said=said)] = None
        elif kind == "AWS" and CLOUDFRONT_ARN.fullmatch(value):
            said = f"CloudFront, with the origin access identity {value.rpartition(' ')[2]}"
            found[Principal("user", "cloudfront", value, said=said)] = None
        elif kind == "AWS" and value != "*" and (number := account_of(value)) not in ("", account.account_id):
            found |= dict.fromkeys(_callers(number, patterns.instance(value)))
    return [Actor(one, (EVERYTHING,)) for one in found]


def _own_ids(account: Account, bucket: str) -> list[str]:
    """The account's canonical id; an emulated S3 has one for the list of buckets and another for a bucket."""
    answers = (account.read("s3", "list_buckets"), account.read("s3", "get_bucket_acl", Bucket=bucket))
    return [answer.get("Owner", {}).get("ID", "") for answer in answers]


def foreign_accounts(account: Account, policies: Iterable[Policy]) -> list[str]:
    """STRANGER, and the accounts beside this one that the policies name, sources of a service's calls included."""
    named = {account_of(value) for kind, value in _named(policies) if kind in ("AWS", "source")}
    return [STRANGER, *sorted(named - {"", STRANGER, account.account_id})]


def account_of(text: str) -> str:
    """The account (12 digits) that an account id or an ARN speaks of, or one that a pattern of them covers; else ""."""
    parts = text.split(":")
    number = parts[4] if len(parts) > 4 else parts[0]
    head, star, tail = number.replace("?", "9").partition("*")
    tail = tail.replace("*", "")
    filled = head + ("9" * (12 - len(head) - len(tail)) if star else "") + tail
    if ACCOUNT.fullmatch(filled):
        return filled
    return STRANGER if "*" in text and "${" not in text else ""


def values_of(key: str, policies: Iterable[Policy]) -> list[str]:
    """All values that conditions hold against a context key (lower case)."""
    statements = [one for policy in policies for one in policy.document.statements]
    return [value for one in statements for held in one.conditions if held.key == key for value in held.values]


def _named(policies: Iterable[Policy]) -> Iterator[tuple[str, str]]:
    """(type, value) of every principal and of every condition on one; ("source", …) for whom a service acts."""
    for policy in policies:
        for statement in policy.document.statements:
            yield from (*(statement.principals or ()), *(statement.not_principals or ()))
            for condition in statement.conditions:
                if kind := NAMING_KEYS.get(condition.key):
                    yield from ((kind, value) for value in condition.values)


def _callers(number: str, named: str) -> Iterator[Principal]:
    """Of an account: its root user, an administrator, and whom the ARN names (or, cut short by a pattern, may name)."""
    yield root(number)
    arn = f"arn:aws:iam::{number}"
    yield Principal("user", number, f"{arn}:user/anyone", said=f"any user of account {number}")
    kind, slash, path = named.rpartition(":")[2].partition("/")
    if kind == "root" or ACCOUNT.fullmatch(kind):
        return
    session = "session"
    if kind == "assumed-role":
        path, _, session = path.partition("/")
    elif kind not in ("role", "user"):
        path = f"{kind}{slash}{path}"
    said = f"{path.rpartition('/')[2]} of account {number}"
    if kind == "user":
        yield Principal("user", number, f"{arn}:user/{path}", said=f"user {said}")
    else:
        yield Principal("role", number, f"{arn}:role/{path}", session, said=f"role {said}")


def learner(account: Account) -> Actor:
    """The lab's own user: the account's administrator."""
    arn = f"arn:aws:iam::{account.account_id}:user/learner"
    return Actor(Principal("user", account.account_id, arn), (EVERYTHING,))


def colleagues(people: AccountPolicies, policies: Sequence[Policy], *, but: str = "") -> list[Actor]:
    """Everybody in the account but the learner and the role named `but`; and a user and a role without any rights.

    Roles come under the session names that the policies mention, and under an ordinary one.
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
            known += sessions(one, policies)
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
    above = organization.read(account)
    target = Target(account.account_id, bucket.policies, bucket.restrict_public, organization=above)
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


def refusal(request: Request, decision: Decision) -> str:
    """Why a request is refused: the statement that denies it, or who lacks which permission."""
    if decision.statement is not None:
        return decision.sentence
    source = {name.lower(): value for name, value in request.context.items()}.get("aws:sourcearn")
    caller = f"{who(request.principal)}, acting for {source}," if source else who(request.principal)
    lacks = f"{caller} lacks {request.action} on {request.resource.removeprefix('arn:aws:s3:::')}"
    return lacks if decision.reason is Reason.NO_ALLOW else f"{lacks}: {decision.reason}"


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
