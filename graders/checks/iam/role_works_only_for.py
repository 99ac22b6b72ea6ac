"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html"""

from graders import Account, CheckCall, Fail, attempts, check
from graders.iam import ask
from graders.iam.snapshot import PERMISSIONS as PEOPLE
from graders.probe import acting


def _validate(call: CheckCall) -> list[str]:
    given = [call.parameters.get(name) for name in ("works", "refused")]
    if not isinstance(call.parameters.get("role"), str) or not all(isinstance(one, list) and one for one in given):
        return ["Give a role, what works and what is refused, each a list of actions with the ARN to try them on."]
    return attempts.problems([str(attempt) for one in given for attempt in one or []])


@check(permissions=[*PEOPLE, "sts:AssumeRole", "s3:PutObject"], acts=True)
def role_works_only_for(account: Account, *, role: str, works: list[str], refused: list[str]) -> None:
    """Who wears the role {role} can do what it is for and nothing else: it was tried.

    Each of `works` and `refused` is an action and the ARN to try it on: "s3:GetObject arn:aws:s3:::reports/q1.csv". They
    are really called with the role's credentials, in a copy of the account. Whom the role trusts is another question.
    """
    probe = acting(account)
    ask.the_role(probe, role)
    worn = probe.role(role)
    for attempt in works:
        if not attempts.allowed(worn, probe, attempt):
            raise _fail(
                "The role {role} cannot do what it is for: {action} on {arn} was refused.", role, attempt, works
            )
    for attempt in refused:
        if attempts.allowed(worn, probe, attempt):
            raise _fail("The role {role} can do too much: {action} on {arn} was let through.", role, attempt, works)


def _fail(said: str, role: str, attempt: str, works: list[str]) -> Fail:
    action, arn = attempts.parsed(attempt)
    missing = attempt in works
    return Fail(
        said,
        looked_at="calls with the credentials of {role}, in a copy of the account",
        needed="{action} on {arn} allowed." if missing else "AccessDenied for {action} on {arn}.",
        try_="Read the AccessDenied of such a call: it names the policy that is missing or denies."
        if missing
        else "Name in the role's policy the actions and the resources that it needs, without *.",
        counterexample="aws sts assume-role as {role}, then {action} on {arn}.",
        role=role,
        action=action,
        arn=arn,
    )
