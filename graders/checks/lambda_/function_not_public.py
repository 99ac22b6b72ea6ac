"""https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"""

from graders import Account, Fail, check, functions
from graders.account import read_or_none
from graders.iam import ANONYMOUS, Policy
from graders.iam.services import deputies
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first, strangers, who

INVOKE, URL = "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"


@check(permissions=[*functions.PERMISSIONS, *functions.POLICY_PERMISSIONS, "lambda:GetFunctionUrlConfig"])
def function_not_public(account: Account, *, function: str) -> None:
    """Nobody outside this account can invoke {function}.

    Neither by a URL without sign-in, nor by the policy of the function or of any of its aliases: not anyone with an
    AWS account, not a service that acts for another account. An organization or accounts named on purpose may.
    """
    functions.the_function(account, function)
    for qualifier in functions.qualifiers(account, function):
        held = functions.policies(account, function, qualifier)
        called = f"{functions.name_of(function)}:{qualifier}" if qualifier else functions.name_of(function)
        arn = functions.arn_of(account, function, qualifier)
        target = Target(account.account_id, held)
        if _open_url(account, function, qualifier):
            witness = first(target, [Actor(ANONYMOUS)], [URL], [arn], fixed={"lambda:FunctionUrlAuthType": "NONE"})
            if witness is not None:
                raise _public(called, "anyone on the internet", "by its URL", "--auth-type AWS_IAM for its URL")
        witness = first(target, strangers(held), [INVOKE], [arn], outside=True)
        if witness is not None:
            raise _public(called, who(witness.request.principal), "by its policy", _remove(held))
        for service, _ in deputies(target.seen_by(Actor(ANONYMOUS)), INVOKE, arn):
            raise _public(called, f"{service}, for any account,", "by its policy", "--source-account or --source-arn")


def _open_url(account: Account, function: str, qualifier: str) -> bool:
    asked = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
    told = read_or_none(account, "ResourceNotFoundException", "lambda", "get_function_url_config", **asked)
    if told is None:
        return False
    # The sandbox answers for an alias with the function's own URL.
    own = functions.qualifier_of(told["FunctionArn"]) == qualifier
    return own and told["AuthType"] == "NONE"


def _remove(held: tuple[Policy, ...]) -> str:
    named = [one.sid for policy in held for one in policy.document.statements if one.sid]
    return f"remove-permission --statement-id {named[0] if named else '…'}"


def _public(called: str, caller: str, way: str, remedy: str) -> Fail:
    return Fail(
        "{caller} can invoke {called}, {way}.",
        looked_at="the policies of {called} and of its aliases, and its URL",
        needed="Only callers of this account, and services that act for it.",
        try_="aws lambda, with {remedy}",
        counterexample="{caller} can invoke {called}, {way}.",
        called=called,
        caller=caller,
        way=way,
        remedy=remedy,
    )
