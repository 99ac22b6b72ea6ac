"""https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"""

from graders import Account, Fail, check, encryption, nearby
from graders.encryption import TLS, Key
from graders.iam import ANONYMOUS, ask
from graders.iam.services import named_services
from graders.iam.snapshot import PERMISSIONS, Actor, snapshot
from graders.iam.witnesses import Target, first, sessions

USES = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom"]


@check(permissions=[*encryption.POLICY_PERMISSIONS, *PERMISSIONS])
def key_used_only_by(
    account: Account,
    *,
    key: str,
    principals: list[str],
    actions: list[str] = ["kms:Decrypt"],  # noqa: B006
) -> None:
    """The key {key} works for {principals}, and for nobody else.

    `principals`: names of roles and users, or of services ("logs.amazonaws.com"). Each of them must manage all of
    `actions`, by the key policy, a grant or, where the key policy delegates to the account, a policy of its own, and be
    it through one service only (kms:ViaService). To nobody else the key may give any use: other users and roles,
    other accounts, other services. The account's root user and the lab's administrator (user/learner) are excepted, and
    to administer the key is no use of it.
    """
    found = encryption.the_key(account, key)
    encryption.must_work(found)
    guards = encryption.target(account, found)
    for name in principals:
        if "." not in name:
            _it_works_for(_somebody(account, name), found, guards, actions)
    people = snapshot(account)
    others = [
        *(one for one in ask.colleagues(people, guards.policies) if one.principal.name not in principals),
        *(one for one in named_services(guards.policies) if one.principal.service not in principals),
        # KMS answers nobody without credentials.
        *(one for one in ask.outsiders(account, guards.policies, named=True) if one.principal != ANONYMOUS),
    ]
    witness = first(guards, others, list(dict.fromkeys([*actions, *USES])), [found.arn], fixed=_LOWER)
    if witness is None:
        return
    raise Fail(
        "The key {key} works for others too: {by}.",
        looked_at="the policy and the grants of key {key} and the policies of every user and role of the account",
        needed="Only {principals} can use {key}.",
        try_="Take the right away where it is granted; the statement for the account's root needs only administration.",
        counterexample="{request}.",
        key=key,
        by=witness.decision.sentence,
        principals=principals,
        request=witness.sentence,
    )


_LOWER = {name.lower(): value for name, value in TLS.items()}


def _somebody(account: Account, name: str) -> Actor:
    people = snapshot(account)
    known = {one.principal.name: one for one in (*people.roles, *people.users)}
    if name in known:
        return known[name]
    raise Fail(
        "The role or user {name} does not exist.{hint}",
        looked_at="the roles and users of this account",
        needed="A role or user named exactly {name}.",
        try_="aws iam list-roles",
        name=name,
        hint=nearby.almost(name, known),
    )


def _it_works_for(actor: Actor, key: Key, guards: Target, actions: list[str]) -> None:
    callers = sessions(actor, guards.policies) if actor.principal.kind == "role" else [actor]
    missing = [one for one in actions if first(guards, callers, [one], [key.arn], fixed=_LOWER) is None]
    if not missing:
        return
    own = [one for policy in actor.identity for one in policy.document.about(missing[0], True)]
    raise Fail(
        "{caller} cannot use the key {key}: {missing} is refused.",
        looked_at="the policy and the grants of key {key} and the policies of {caller}",
        needed="{actions} on {arn} allowed for {caller}.",
        try_="{caller} has a policy of its own for it, but the key policy does not let it in: name it there."
        if own
        else "Name {caller} in the key policy, or let the key policy delegate to the account and give it a policy.",
        counterexample="{caller} cannot {missing} with {key}.",
        caller=f"{actor.principal.kind} {actor.principal.name}",
        key=key.called,
        arn=key.arn,
        missing=missing,
        actions=actions,
    )
