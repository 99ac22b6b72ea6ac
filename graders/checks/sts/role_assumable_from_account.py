"""https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html"""

from __future__ import annotations

from graders import Account, Fail, check, identities
from graders.iam import ask
from graders.iam.assume import Assuming, can_assume
from graders.iam.decide import Decision
from graders.iam.document import ACCOUNT, Document, Statement
from graders.iam.principals import Principal
from graders.iam.snapshot import Actor


@check(permissions=(*identities.PEOPLE, "iam:GetRole"))
def role_assumable_from_account(
    account: Account,
    *,
    role: str,
    caller: str,
    external_id: str = "",
    mfa: bool = False,
    longest: int | None = None,
) -> None:
    """{caller} can assume the role {role}: both sides allow it.

    `role`: a role of this account, or the ARN of one elsewhere (of whose trust nothing is known, so only the caller's
    side is judged). `caller`: an account id (an administrator there), an ARN there, or role/NAME, user/NAME here, whose
    own policies must allow sts:AssumeRole. Called with `external_id` and, with `mfa`, a second factor; with an
    `external_id` the call without it, and with another, must be refused. `longest`: seconds a session may last.
    """
    here, there = _caller(account, caller), _role(account, role)
    how = Assuming(external_id=external_id, mfa_age=60 if mfa else None)
    answer = can_assume(here, there, how)
    name = there.principal.name
    if not answer.allowed:
        raise _fail(name, caller, _why(answer.decision, here, there))
    for other in ("", "zz-other") if external_id and there.principal.account == account.account_id else ():
        loose = can_assume(here, there, Assuming(external_id=other, mfa_age=60 if mfa else None))
        if loose.allowed:
            raise Fail(
                "{caller} can assume {role} {how}: anybody whom it works for can send it here.",
                looked_at="the trust policy of role {role}",
                needed="StringEquals sts:ExternalId {external} in the trust policy.",
                try_="aws iam update-assume-role-policy --role-name {role} …",
                counterexample="aws sts assume-role {how} gets credentials of {role}.",
                caller=caller,
                role=name,
                how=f"with the external id {other}" if other else "without an external id",
                external=external_id,
            )
    if longest is not None and there.principal.account == account.account_id:
        told = account.read("iam", "get_role", RoleName=name)["Role"].get("MaxSessionDuration", 3600)
        if told > longest:
            raise Fail(
                "A session of {role} can last {told} seconds; {longest} are asked for.",
                looked_at="the longest session of role {role}",
                needed="At most {longest} seconds.",
                try_="aws iam update-role --role-name {role} --max-session-duration {longest}",
                role=name,
                told=told,
                longest=longest,
            )


def _caller(account: Account, name: str) -> Actor:
    if ACCOUNT.fullmatch(name) or name.endswith(":root"):
        number = name if ACCOUNT.fullmatch(name) else name.split(":")[4]
        arn = f"arn:aws:iam::{number}:user/admin"
        return Actor(Principal("user", number, arn, said=f"an administrator of account {number}"), (ask.EVERYTHING,))
    parts = name.split(":")
    if len(parts) > 5 and parts[4] != account.account_id:
        kind = "user" if parts[5].startswith("user/") else "role"
        session = "session" if kind == "role" else ""
        return Actor(Principal("user" if kind == "user" else "role", parts[4], name, session), (ask.EVERYTHING,))
    return identities.the_one(account, name).actor


def _role(account: Account, name: str) -> Actor:
    """The role; one of another account is taken to trust whoever asks from here."""
    parts = name.split(":")
    if len(parts) > 5 and parts[4] != account.account_id:
        own = (("AWS", f"arn:aws:iam::{account.account_id}:root"),)
        trust = Statement(0, "", True, ("sts:*",), resources=("*",), principals=own)
        return Actor(Principal("role", parts[4], name, "session"), trust=Document("2012-10-17", (trust,)))
    return identities.the_role(account, name).actor


def _why(decision: Decision, caller: Actor, role: Actor) -> str:
    """Which of the two halves is missing."""
    if decision.statement is not None:
        return decision.sentence
    trusted = can_assume(Actor(caller.principal, (ask.EVERYTHING,)), role).allowed
    for how in (Assuming(external_id="x"), Assuming(mfa_age=60)):
        if not trusted and can_assume(Actor(caller.principal, (ask.EVERYTHING,)), role, how).allowed:
            return f"the role asks for more: {'an external id' if how.external_id else 'a second factor'}"
    if trusted:
        return f"the role would let it in, but its own policies do not allow sts:AssumeRole on {role.principal.arn}"
    named = [value for one in (role.trust.statements if role.trust else ()) for _, value in one.principals or ()]
    return f"the trust policy names {', '.join(named) or 'nobody'}, or demands what the call does not carry"


def _fail(role: str, caller: str, why: str) -> Fail:
    return Fail(
        "{caller} cannot assume {role}: {why}.",
        looked_at="the trust policy of {role} and the policies of {caller}",
        needed="The trust of {role} lets {caller} in, and {caller} may sts:AssumeRole on it.",
        try_="Both sides must say yes: the role's trust policy, and a policy of whoever asks.",
        counterexample="aws sts assume-role as {caller}: AccessDenied.",
        caller=caller,
        role=role,
        why=why,
    )
