"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from graders import Account, Fail, check
from graders.iam import ask
from graders.iam.decide import Decision, Reason, Request, decide
from graders.iam.s3 import Bucket
from graders.iam.snapshot import PERMISSIONS, Actor, snapshot
from graders.iam.witnesses import Target, first, sessions, strangers

READ = "s3:GetObject"
NETWORK = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip")
TLS = {"aws:securetransport": "true"}


@check(permissions=[*ask.PERMISSIONS, *PERMISSIONS])
def only_role_reads(account: Account, *, bucket: str, role: str) -> None:
    """Only the role {role} can read the objects of {bucket}, and it can.

    Reading is s3:GetObject; the role must manage it over TLS, by whichever of its own and the bucket's policies. The
    account's root user and the lab's own administrator (user/learner) are excepted; every other user and role of the
    account, anyone with an AWS account and anyone without must be refused, and no outsider may become the role.
    """
    found = ask.the_bucket(account, bucket)
    reader = ask.the_role(account, role)
    _the_role_reads(account, found, reader)
    _no_outsider_becomes(account, reader)
    others = [*ask.outsiders(found), *ask.colleagues(snapshot(account), found, but=role)]
    witness = ask.allowed(account, found, others, [READ])
    if witness is None:
        return
    raise Fail(
        f"The role {role} is not the only reader: {witness.decision.sentence}.",
        looked_at=f"the policy of {bucket} and the policies of every user and role of the account",
        needed=f"{READ} on {bucket}/* works for the role {role} and for nobody else.",
        try_="Take the right away where it is granted, or deny it to all but the role (condition on aws:PrincipalArn).",
        counterexample=f"{witness.sentence}.",
    )


def _the_role_reads(account: Account, bucket: Bucket, reader: Actor) -> None:
    """Each object that is there, or any object when there is none."""
    name = reader.principal.name
    target = Target(account.account_id, bucket.policies, bucket.restrict_public)
    callers = sessions(reader, bucket.policies)
    for arn in [f"{bucket.arn}/{key}" for key in bucket.keys] or [f"{bucket.arn}/report.csv"]:
        if first(target, callers, [READ], [arn], fixed=TLS, search=NETWORK):
            continue
        request = Request(reader.principal, READ, arn, {**TLS, "aws:sourceip": "203.0.113.77"})
        why = decide(request, target.seen_by(reader))
        raise Fail(
            f"The role {name} cannot read: {why.sentence}.",
            looked_at=f"the policy of {bucket.name} and the policies of role {name}",
            needed=f"{READ} on {bucket.name}/* allowed for role {name}, over TLS.",
            try_=_remedy(bucket, why),
            counterexample=f"role {name} cannot {READ} {arn.removeprefix('arn:aws:s3:::')} over TLS.",
        )


def _remedy(bucket: Bucket, why: Decision) -> str:
    grants = [one for policy in bucket.policies for one in policy.document.statements if one.allow]
    if why.reason is Reason.EXPLICIT_DENY:
        return "An explicit deny beats every allow: except the role's own ARN (arn:aws:iam::…:role/…) from it."
    if any(resource == bucket.arn for one in grants for resource in one.resources):
        return f"{READ} acts on objects: the Resource must be {bucket.arn}/*, not the bucket alone."
    return "Allow it in the bucket policy, with the role's ARN as the Principal, or in a policy of the role."


def _no_outsider_becomes(account: Account, reader: Actor) -> None:
    if reader.trust is None:
        return
    trust = Target(account.account_id, ask.trust_of(reader), resource_decides=True)
    witness = first(trust, strangers(trust.policies), ["sts:AssumeRole"], [reader.principal.arn], outside=True)
    if witness is not None:
        raise Fail(
            f"The role {reader.principal.name} can be assumed from outside, and its reader with it.",
            looked_at=f"the trust policy of role {reader.principal.name}",
            needed="A trust policy that names who may become the role.",
            try_="aws iam update-assume-role-policy with the principals that you mean.",
            counterexample=f"anyone with an AWS account can sts:AssumeRole {reader.principal.arn}.",
        )
