"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from graders import Account, Fail, check
from graders.iam import ask
from graders.iam.decide import Decision, Reason, Request, decide
from graders.iam.principals import ANONYMOUS
from graders.iam.s3 import Bucket
from graders.iam.services import named_services
from graders.iam.snapshot import PERMISSIONS, Actor, snapshot
from graders.iam.witnesses import Target, first, sessions, who

READ = "s3:GetObject"
BECOME = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
NETWORK = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip")
TLS = {"aws:securetransport": "true"}


@check(permissions=[*ask.PERMISSIONS, *PERMISSIONS])
def only_role_reads(account: Account, *, bucket: str, role: str) -> None:
    """Only the role {role} can read the objects of {bucket}, and it can.

    Reading is s3:GetObject; the role must manage it over TLS, by whichever of its own and the bucket's policies. The
    account's root user and the lab's own administrator (user/learner) are excepted; every other user and role of the
    account, anyone with an AWS account, anyone without, every other account and every service that the bucket's
    policies name must be refused. None of them may become the role either; a service may be trusted with it.
    """
    found = ask.the_bucket(account, bucket)
    reader = ask.the_role(account, role)
    _the_role_reads(account, found, reader)
    _nobody_becomes(account, found, reader)
    others = [
        *ask.outsiders(account, found.policies, named=True, bucket=bucket),
        *named_services(found.policies),
        *ask.colleagues(snapshot(account), found.policies, but=role),
    ]
    witness = ask.allowed(account, found, others, [READ])
    if witness is None:
        return
    raise Fail(
        "The role {role} is not the only reader: {by}.",
        looked_at="the policy of {bucket} and the policies of every user and role of the account",
        needed="{action} on {bucket}/* works for the role {role} and for nobody else.",
        try_="Take the right away where it is granted, or deny it to all but the role (condition on aws:PrincipalArn).",
        counterexample="{request}.",
        role=role,
        bucket=bucket,
        action=READ,
        by=witness.decision.sentence,
        request=witness.sentence,
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
            "The role {role} cannot read: {why}.",
            looked_at="the policy of {bucket} and the policies of role {role}",
            needed="{action} on {bucket}/* allowed for role {role}, over TLS.",
            try_=_remedy(bucket, why),
            counterexample="role {role} cannot {action} {thing} over TLS.",
            role=name,
            why=ask.refusal(request, why),
            bucket=bucket.name,
            action=READ,
            thing=arn.removeprefix("arn:aws:s3:::"),
            arn=bucket.arn,
        )


def _remedy(bucket: Bucket, why: Decision) -> str:
    grants = [one for policy in bucket.policies for one in policy.document.statements if one.allow]
    if why.reason is Reason.EXPLICIT_DENY:
        return "An explicit deny beats every allow: except the role's own ARN (arn:aws:iam::…:role/…) from it."
    if any(resource == bucket.arn for one in grants for resource in one.resources):
        return "{action} acts on objects: the Resource must be {arn}/*, not the bucket alone."
    return "Allow it in the bucket policy, with the role's ARN as the Principal, or in a policy of the role."


def _nobody_becomes(account: Account, bucket: Bucket, reader: Actor) -> None:
    """Who becomes the role reads as the role. Services may: what runs under the role was put there by its account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html
    """
    name, trust = reader.principal.name, ask.trust_of(reader)
    target = Target(account.account_id, trust, resource_decides=True)
    outside = [one for one in ask.outsiders(account, trust, named=True) if one.principal != ANONYMOUS]
    inside = ask.colleagues(snapshot(account), trust, but=name)
    witness = first(target, [*outside, *inside], BECOME, [reader.principal.arn], fixed=TLS)
    if witness is None:
        return
    caller = witness.request.principal
    own = caller.account == account.account_id
    raise Fail(
        "The role {role} is not the only reader: {caller} may become it, {why}."
        if own
        else "The role {role} can be assumed from outside: {why}.",
        looked_at="the trust policy of role {role} and the policies of every user and role of the account",
        needed="Nobody who must not read the bucket may become the role {role}.",
        try_="aws iam update-assume-role-policy with the principals that you mean, or take sts:AssumeRole away.",
        counterexample="{request}, and then, as role {role}, {action} {bucket}/{key}.",
        role=name,
        caller=who(caller),
        why=witness.decision.sentence,
        request=witness.sentence,
        action=READ,
        bucket=bucket.name,
        key=next(iter(bucket.keys), "report.csv"),
    )
