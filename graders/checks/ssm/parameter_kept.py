"""https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html"""

from typing import Literal

from graders import Account, Fail, check, encryption, nearby
from graders.iam import Request, ask, decide
from graders.iam.snapshot import PERMISSIONS
from graders.iam.witnesses import Target, first, sessions

TLS = {"aws:securetransport": "true"}


@check(permissions=["ssm:DescribeParameters", "ssm:GetParameter", *encryption.POLICY_PERMISSIONS, *PERMISSIONS])
def parameter_kept(
    account: Account,
    *,
    parameter: str,
    kind: Literal["String", "StringList", "SecureString"] = "String",
    key: str = "",
    reader: str = "",
    actions: list[str] | None = None,
    value: str = "",
) -> None:
    """The parameter {parameter} is kept as it should be.

    `kind`: a SecureString passes where a String is asked, never the other way round. `key`: the customer key of a
    SecureString, in any form. `reader`: a role that can read it, by each of `actions` (ssm:GetParameter when left out)
    and, for a SecureString under a customer key, can decrypt with that key. `value`: what a String holds, spaces around
    it and capital letters aside. The tier does not count.
    """
    names = _names(account, account.region)
    if parameter not in names:
        raise _absent(account, parameter)
    found = names[parameter]
    if kind != found["Type"] and (kind, found["Type"]) != ("String", "SecureString"):
        raise Fail(
            "{parameter} is a {type}, not a {kind}: its value lies there in plain text."
            if kind == "SecureString"
            else "{parameter} is a {type}, not a {kind}.",
            looked_at="the type of the parameter {parameter}",
            needed="Type {kind}.",
            try_="aws ssm put-parameter --name {parameter} --type {kind} --overwrite",
            parameter=parameter,
            type=found["Type"],
            kind=kind,
        )
    given = found.get("KeyId", "") if found["Type"] == "SecureString" else ""
    if key:
        wanted = encryption.the_key(account, key)
        encryption.must_work(wanted)
        if not encryption.same(account, given, wanted):
            raise Fail(
                "{parameter} is encrypted with {given}, not with {key}.",
                looked_at="the key of the parameter {parameter}",
                needed="A SecureString under {key}.",
                try_="aws ssm put-parameter --name {parameter} --type SecureString --key-id {key} --overwrite",
                parameter=parameter,
                given=given or "nothing",
                key=key,
            )
    if reader:
        _can_be_read(account, parameter, reader, actions or ["ssm:GetParameter"], given)
    if value and found["Type"] != "SecureString":
        _holds(account, parameter, value)


def _absent(account: Account, parameter: str) -> Fail:
    names = _names(account, account.region)
    other = next((one for one in (parameter.lstrip("/"), f"/{parameter}") if one in names), "")
    hint = (
        f" There is {other}: the slash at its beginning counts."
        if other
        else nearby.almost(parameter, names)
        or nearby.elsewhere(account, lambda region: parameter in _names(account, region))
    )
    return Fail(
        "The parameter {parameter} does not exist.{hint}",
        looked_at="the parameters in {region}",
        needed="A parameter named exactly {parameter}.",
        try_="aws ssm put-parameter --name {parameter}",
        parameter=parameter,
        hint=hint,
        region=account.region,
    )


def _names(account: Account, region: str) -> dict[str, dict[str, str]]:
    answer = account.read("ssm", "describe_parameters", region=region)
    return {one["Name"]: one for one in answer.get("Parameters", [])}


def _can_be_read(account: Account, parameter: str, role: str, actions: list[str], key: str) -> None:
    actor = ask.the_role(account, role)
    guards = Target(account.account_id, ())
    start = f"arn:aws:ssm:{account.region}:{account.account_id}:parameter/"
    arn = start + parameter.lstrip("/")
    for action in actions:
        # GetParametersByPath asks for the folder, the others for the parameter.
        resource = arn.rpartition("/")[0] if action.lower() == "ssm:getparametersbypath" else arn
        if first(guards, sessions(actor, ()), [action], [resource], fixed=TLS):
            continue
        request = Request(actor.principal, action, resource, TLS)
        speaks_of = [
            one for policy in actor.identity for each in policy.document.about(action, True) for one in each.resources
        ]
        double = next((one for one in speaks_of if ":parameter//" in one), "")
        raise Fail(
            "The role {role} cannot read {parameter}: {why}.",
            looked_at="the policies of role {role}",
            needed="{action} on {resource} allowed for role {role}.",
            try_='The ARN {double} has a slash too many: after "parameter" comes one.'
            if double
            else "Allow {action} in a policy of the role; GetParameter, GetParameters and GetParametersByPath are three.",
            counterexample="role {role} cannot {action} {parameter}.",
            role=role,
            parameter=parameter,
            why=ask.refusal(request, decide(request, guards.seen_by(actor))),
            action=action,
            resource=resource,
            double=double,
        )
    found = encryption.find(account, key) if key else None
    why = encryption.keeps_out(account, found, actor, ["kms:Decrypt"], via="ssm") if found else ""
    if why:
        raise Fail(
            "The role {role} cannot decrypt {parameter}: {why}.",
            looked_at="the key of the parameter {parameter} and the policies of role {role}",
            needed="kms:Decrypt with {key} allowed for role {role}.",
            try_="Allow kms:Decrypt on this one key in a policy of the role, or name the role in the key policy.",
            counterexample="role {role} may read {parameter}, and gets no plain text.",
            role=role,
            parameter=parameter,
            why=why,
            key=key,
        )


def _holds(account: Account, parameter: str, value: str) -> None:
    given = str(account.read("ssm", "get_parameter", Name=parameter)["Parameter"]["Value"])
    if given.strip().lower() != value.strip().lower():
        raise Fail(
            "{parameter} holds {given}: that is not the value that the task asks for.",
            looked_at="the value of the parameter {parameter}",
            needed="The value that the task asks for.",
            try_="aws ssm put-parameter --name {parameter} --overwrite --value with the right one",
            parameter=parameter,
            given=given[:60],
        )
