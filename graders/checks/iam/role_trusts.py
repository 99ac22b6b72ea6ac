"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graders import Account, Fail, check, identities, nearby
from graders.iam import ask, patterns
from graders.iam.document import ACCOUNT
from graders.iam.principals import Principal
from graders.iam.services import named_services
from graders.iam.snapshot import Actor, snapshot
from graders.iam.witnesses import Target, Witness, first, witnesses

ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
WEB = ("cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com")
PART = re.compile(r"[:/]")


@check(permissions=(*identities.PEOPLE, "iam:ListOpenIDConnectProviders"))
def role_trusts(
    account: Account,
    *,
    role: str,
    who: list[str],
    external_id: str = "",
    mfa: bool = False,
    conditions: dict[str, str] | None = None,
    only: bool = True,
) -> None:
    """The role {role} can be assumed by {who}, and by nobody else.

    `who`: services (ec2.amazonaws.com), account ids, ARNs of users and roles, role/NAME or user/NAME of this account,
    identity providers (their ARN, or cognito-identity.amazonaws.com). `external_id`, `mfa` and `conditions` (context
    keys, {aws:SourceAccount: …}, {…:sub: …}, {…:aud: …}; with "*" in a value any that fits) must be demanded: without
    them, or with others, nobody of `who` gets in. Judged is the trust; what a caller's own policies say, see
    sts.role_assumable_from_account. `only`: the account's own people count if their policies let them.
    """
    found = identities.the_role(account, role)
    if found.actor.trust is None:
        said = identities.refused_policies(account, found)
        raise _fail(found.name, who, "The trust policy of {role} is none.{hint}", hint=said)
    where = Target(account.account_id, ask.trust_of(found.actor), resource_decides=True)
    demanded = {name.lower(): value for name, value in (conditions or {}).items()}
    demanded |= {"sts:externalid": external_id} if external_id else {}
    demanded |= {"aws:multifactorauthpresent": "true"} if mfa else {}
    given = {name: patterns.instance(value, "zz") for name, value in demanded.items()}
    for name in who:
        caller = _caller(account, name)
        if not first(where, [caller], _action(caller), [found.item["Arn"]], fixed={**given, **TLS}):
            hint = _near(found.actor, name)
            raise _fail(found.name, who, "The role {role} does not trust {caller}.{hint}", caller=name, hint=hint)
        for key, value in demanded.items():
            for other in _others(value):
                rest = {one: text for one, text in given.items() if one != key}
                more = {} if other is None else {key: other}
                also = {key: (None,)} if other is None else {}
                for witness in witnesses(
                    where, [caller], _action(caller), [found.item["Arn"]], fixed={**rest, **more, **TLS}, also=also
                ):
                    if _unlike(witness, key, value):
                        raise _open(found.name, who, key, value, witness)
    for name in who:
        if ":oidc-provider/" in name and name not in _providers(account):
            missing = "The role {role} trusts {caller}, but this account has no such identity provider."
            raise _fail(found.name, who, missing, caller=name)
    if only:
        _nobody_else(account, found, who, where)


TLS = {"aws:securetransport": "true"}


def _nobody_else(account: Account, role: identities.Known, who: list[str], where: Target) -> None:
    meant = {_caller(account, name).principal.arn for name in who} - {""}
    accounts = {account_ for name in who if (account_ := _whole_account(name))}
    outside = [
        one
        for one in [
            *ask.outsiders(account, where.policies, named=True),
            *named_services(where.policies),
            *ask.colleagues(snapshot(account), where.policies),
        ]
        if one.principal.kind != "anonymous"
        and one.principal.arn not in meant
        and one.principal.account not in accounts
        and one.principal.service not in who
    ]
    for caller in outside:
        witness = first(where, [caller], _action(caller), [role.item["Arn"]], fixed=TLS)
        if witness is not None:
            raise _fail(
                role.name,
                who,
                "Others than {who} may become {role}: {why}.",
                f"{witness.sentence}.",
                why=witness.decision.sentence,
            )


def _caller(account: Account, name: str) -> Actor:
    """One of those who are meant, with all rights of its own: only the trust is asked about."""
    own = f"arn:aws:iam::{account.account_id}:"
    number = _whole_account(name)
    if number:
        arn = f"arn:aws:iam::{number}:user/anyone"
        return Actor(Principal("user", number, arn, said=f"a user of account {number}"), (ask.EVERYTHING,))
    if name in WEB or ":oidc-provider/" in name or ":saml-provider/" in name:
        return Actor(Principal("federated", arn=name, said=f"whoever signs in with {name}"))
    if name.endswith(".amazonaws.com"):
        return Actor(Principal("service", service=name))
    arn = name if name.startswith("arn:") else own + name
    kind, _, _ = arn.rpartition(":")[2].partition("/")
    principal = Principal("user" if kind == "user" else "role", arn.split(":")[4], arn, "" if kind == "user" else "s")
    return Actor(principal, (ask.EVERYTHING,))


def _providers(account: Account) -> list[str]:
    answer = account.read("iam", "list_open_id_connect_providers")
    return [one["Arn"] for one in answer.get("OpenIDConnectProviderList", [])]


def _whole_account(name: str) -> str:
    return name if ACCOUNT.fullmatch(name) else name.split(":")[4] if name.endswith(":root") else ""


def _action(caller: Actor) -> tuple[str, ...]:
    one = caller.principal
    if one.kind != "federated":
        return ACTIONS[:1]
    return ACTIONS[1:2] if ":saml-provider/" in one.arn else ACTIONS[2:]


def _others(value: str) -> Iterator[str | None]:
    """What must not be enough: the key left out, another value, and ones that differ in one part only."""
    yield None
    yield "zz-other"
    if value == "true":
        yield "false"
    parts = PART.split(value)
    for part in parts if len(parts) > 1 else ():
        if part and "*" not in part:
            yield value.replace(part, "zz-other", 1).replace("*", "zz")


def _unlike(witness: Witness, key: str, value: str) -> bool:
    carried = witness.request.keys().get(key)
    texts = carried if isinstance(carried, tuple) else (carried,)
    return not any(one is not None and patterns.matches(value, one) for one in texts)


def _near(role: Actor, name: str) -> str:
    """Whom the trust names instead, where that is near; or that it asks for something else."""
    named = [value for one in (role.trust.statements if role.trust else ()) for _, value in one.principals or ()]
    if name in named or any(name in value for value in named):
        return " It names them, but under a condition that the asked-for request does not meet."
    near = nearby.closest(name, named)
    return f" It names {near}." if near else f" It names {', '.join(named)}." if named else ""


def _open(role: str, who: list[str], key: str, value: str, witness: Witness) -> Fail:
    carried = witness.request.keys().get(key)
    found = "{role} does not demand {key} = {value}: a request {without} gets in."
    without = "without it" if carried is None else f"with {carried}"
    shown = f"{witness.sentence}."
    return _fail(role, who, found, shown, key=key, value=value, without=without)


def _fail(role: str, who: list[str], found: str, request: str = "", **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the trust policy of role {role}",
        needed="{who} can become {role}, as asked, and nobody else.",
        try_="aws iam update-assume-role-policy --role-name {role} --policy-document …",
        counterexample="{request}" if request else "",
        **{"role": role, "who": ", ".join(who), "request": request, **values},
    )
