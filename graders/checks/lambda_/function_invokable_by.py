"""https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""

from graders import Account, Fail, check, functions
from graders.iam import InvalidPolicy, patterns
from graders.iam.ask import values_of


@check(permissions=[*functions.PERMISSIONS, *functions.POLICY_PERMISSIONS])
def function_invokable_by(
    account: Account, *, function: str, service: str, source: str, alias: str = "", only: bool = True
) -> None:
    """{service} may invoke {function} for {source}, and for nobody else's.

    By the policy of the function, or of `alias` where that is what is called. `service` as "s3.amazonaws.com",
    `source` the ARN for which it acts. `only`: it may not act so for another account (for a bucket, whose ARN names
    none, the condition must name the bucket or the account).
    """
    functions.the_function(account, function)
    try:
        refusal = functions.invoke_refusal(account, function, alias, service=service, source=source)
        held = functions.policies(account, function, alias)
    except InvalidPolicy as error:
        refusal, held = error.reasons[0], ()
    called = f"{functions.name_of(function)}:{alias}" if alias else functions.name_of(function)
    if refusal:
        raise Fail(
            "{service} may not invoke {called} for {source}: {refusal}.{hint}",
            looked_at="the resource policy of {called}",
            needed="{service} may lambda:InvokeFunction {called} when aws:SourceArn is {source}.",
            try_="aws lambda add-permission --function-name {called} --principal {service} "
            "--action lambda:InvokeFunction --source-arn {source} --statement-id …",
            counterexample="An event of {source} never reaches {called}.",
            service=service,
            called=called,
            source=source,
            refusal=refusal,
            hint=_hint(account, function, alias, service, source),
        )
    foreign = _foreign(account, source)
    if only and not functions.invoke_refusal(
        account, function, alias, service=service, source=foreign, source_account=OTHER
    ):
        raise Fail(
            "The policy of {called} lets {service} act for anybody: also for {foreign} of account {other}.",
            looked_at="the resource policy of {called} ({statements})",
            needed="A condition on aws:SourceArn (or aws:SourceAccount) that only {source} meets.",
            try_="aws lambda remove-permission, then add-permission with --source-arn {source}",
            counterexample="{service} can invoke {called} for {foreign}, which belongs to account {other}.",
            service=service,
            called=called,
            source=source,
            foreign=foreign,
            other=OTHER,
            statements=[one.name for one in held],
        )


OTHER = "999999999999"


def _foreign(account: Account, source: str) -> str:
    """The same kind of thing in another account; a bucket's ARN holds no account, so another bucket's."""
    parts = source.split(":")
    if len(parts) > 4 and parts[4]:
        return ":".join([*parts[:4], OTHER, *parts[5:]])
    return ":".join([*parts[:5], f"zz-{OTHER}"])


def _hint(account: Account, function: str, alias: str, service: str, source: str) -> str:
    """Where the permission is instead: on the function or another alias, for another source, another service."""
    for other in functions.qualifiers(account, function):
        if other != alias and not functions.invoke_refusal(account, function, other, service=service, source=source):
            return f" The permission is on {f'the alias {other}' if other else 'the function without an alias'}."
    held = functions.policies(account, function, alias)
    named = [one for one in values_of("aws:sourcearn", held) if not patterns.matches(one, source)]
    if named:
        return f" It speaks of {named[0]}."
    services = [
        value
        for one in held
        for each in one.document.statements
        for kind, value in each.principals or ()
        if kind == "Service" and value != service
    ]
    return f" It lets {services[0]} in." if services else ""
