"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access.html"""

from collections.abc import Iterator

from graders import Account, Fail, check, encryption
from graders.account import read_or_none
from graders.encryption import Key
from graders.iam import ANONYMOUS, InvalidPolicy, Policy, Request, ask, decide, parse
from graders.iam.services import named_services
from graders.iam.snapshot import PERMISSIONS, Actor, snapshot
from graders.iam.witnesses import Target, Witness, sessions, witnesses

READ = "secretsmanager:GetSecretValue"
TLS = {"aws:securetransport": "true"}


@check(
    permissions=[
        *encryption.SECRET_PERMISSIONS,
        *encryption.POLICY_PERMISSIONS,
        *PERMISSIONS,
        "secretsmanager:GetResourcePolicy",
    ]
)
def secret_readable_only_by(account: Account, *, secret: str, role: str) -> None:
    """Only the role {role} can read the secret {secret}, and it can.

    Reading takes secretsmanager:GetSecretValue and, under a customer key, kms:Decrypt: whom the key keeps out does not
    read. The role's own policies and the secret's policy count together; the role may be held to a VPC endpoint. The
    account's root user and the lab's administrator (user/learner) are excepted. Copies of the value elsewhere are not
    looked for.
    """
    found = encryption.the_secret(account, secret)
    arn = found["ARN"]
    reader = ask.the_role(account, role)
    guards = Target(account.account_id, _policy(account, secret, arn))
    given = found.get("KmsKeyId", "")
    key = encryption.find(account, given) if given else None
    _the_role_reads(account, secret, arn, reader, guards, key)
    others = [
        *ask.colleagues(snapshot(account), guards.policies, but=role),
        *named_services(guards.policies),
        *(one for one in ask.outsiders(account, guards.policies, named=True) if one.principal != ANONYMOUS),
    ]
    witness = next(_readers(account, guards, others, arn, key), None)
    if witness is None:
        return
    raise Fail(
        "The role {role} is not the only reader of {secret}: {by}.",
        looked_at="the policy of the secret {secret}, its key, and the policies of every user and role of the account",
        needed="{action} on {secret} works for the role {role} and for nobody else.",
        try_="Take the right away where it is granted, or deny it in the secret's policy to all but the role "
        "(condition on aws:PrincipalArn).",
        counterexample="{request}.",
        role=role,
        secret=secret,
        action=READ,
        by=witness.decision.sentence,
        request=witness.sentence,
    )


def _policy(account: Account, secret: str, arn: str) -> tuple[Policy, ...]:
    answer = read_or_none(account, "ResourceNotFoundException", "secretsmanager", "get_resource_policy", SecretId=arn)
    text = (answer or {}).get("ResourcePolicy")
    if not text:
        return ()
    try:
        return (Policy("secret's policy", parse(text, "resource")),)
    except InvalidPolicy as error:
        raise Fail(
            "Secrets Manager would refuse the policy of {secret}: {problem}",
            looked_at="the policy of the secret {secret}",
            needed="A policy that AWS accepts.",
            try_="aws secretsmanager put-resource-policy with the sentence above put right.",
            secret=secret,
            problem=error.reasons[0],
        ) from error


def _readers(account: Account, guards: Target, actors: list[Actor], arn: str, key: Key | None) -> Iterator[Witness]:
    """Requests that get past the secret's guards, by whom the key does not stop."""
    for actor in actors:
        witness = next(witnesses(guards, [actor], [READ], [arn], fixed=TLS), None)
        if witness is not None and not (key and _stopped(account, key, actor)):
            yield witness


def _stopped(account: Account, key: Key, actor: Actor) -> str:
    return encryption.keeps_out(account, key, actor, ["kms:Decrypt"], via="secretsmanager")


def _the_role_reads(account: Account, secret: str, arn: str, reader: Actor, guards: Target, key: Key | None) -> None:
    callers = sessions(reader, guards.policies)
    why, closed = "", ""
    if next(witnesses(guards, callers, [READ], [arn], fixed=TLS), None) is None:
        request = Request(reader.principal, READ, arn, TLS)
        why = ask.refusal(request, decide(request, guards.seen_by(reader)))
    elif key is not None:
        why = closed = _stopped(account, key, reader)
    if not why:
        return
    near = next((one for one in _spoken_of(reader) if secret in one and one != arn), "")
    raise Fail(
        "The role {role} cannot read {secret}: {why}.",
        looked_at="the policy of the secret {secret}, its key, and the policies of role {role}",
        needed="{action} on {arn}, and kms:Decrypt with its key, allowed for role {role}.",
        try_="The key must let the role in too: kms:Decrypt, in the key policy or by a policy of the role."
        if closed
        else "A policy of the role speaks of {near}. A secret's ARN ends in six more characters: {secret}-??????."
        if near
        else "Allow {action} in a policy of the role, or in the secret's policy with the role's ARN as the Principal.",
        counterexample="role {role} cannot {action} {secret}.",
        role=reader.principal.name,
        secret=secret,
        why=why,
        action=READ,
        arn=arn,
        near=near,
    )


def _spoken_of(actor: Actor) -> list[str]:
    statements = [one for policy in actor.identity for one in policy.document.about(READ, True)]
    return [resource for one in statements for resource in one.resources if "secret" in resource]
