"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from graders import Account, Fail, check
from graders.iam import ask
from graders.iam.snapshot import PERMISSIONS
from graders.iam.witnesses import sessions


@check(permissions=[*ask.PERMISSIONS, *PERMISSIONS])
def role_cannot(account: Account, *, bucket: str, role: str, actions: list[str]) -> None:
    """The role {role} can do none of these to {bucket}: {actions}.

    Its own policies and the bucket's together; under whatever session name and from wherever it asks.
    """
    found = ask.the_bucket(account, bucket)
    actor = ask.the_role(account, role)
    witness = ask.allowed(account, found, sessions(actor, found.policies), actions)
    if witness is None:
        return
    raise Fail(
        "The role {role} can do more than it should: {by}.",
        looked_at="the policies of role {role} and the policy of {bucket}",
        needed="The role can do none of {actions}.",
        try_="Grant the single action that the role needs, not a wildcard such as s3:*.",
        counterexample="{request}.",
        bucket=bucket,
        role=role,
        by=witness.decision.sentence,
        actions=actions,
        request=witness.sentence,
    )
