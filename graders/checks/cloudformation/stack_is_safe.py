"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html"""

from collections.abc import Sequence
from typing import Any

from graders import Account, Fail, check, stacks

KEEP = ("Retain", "RetainExceptOnCreate", "Snapshot")


@check(permissions=stacks.PERMISSIONS)
def stack_is_safe(
    account: Account, *, stack: str, keeps: list[str] | None = None, protected: bool = True, replaced_too: bool = False
) -> None:
    """The stack {stack} cannot be deleted by mistake, with what it holds.

    `protected`: termination protection is on. `keeps`: resource types (AWS::S3::Bucket) or logical ids all of which have
    a DeletionPolicy Retain or Snapshot; with `replaced_too` an UpdateReplacePolicy as well.
    """
    found = stacks.the_stack(account, stack)
    if protected and not found.get("EnableTerminationProtection"):
        raise Fail(
            "The termination protection of {stack} is off.",
            looked_at="the stack {stack}",
            needed="Termination protection on.",
            try_="aws cloudformation update-termination-protection --stack-name {stack} …",
            counterexample="aws cloudformation delete-stack --stack-name {stack} deletes everything.",
            stack=stack,
        )
    template: dict[str, Any] = stacks.template(account, stack).get("Resources", {})
    for wanted in keeps or []:
        mine = {name: one for name, one in template.items() if wanted in (name, one.get("Type"))}
        safe = [name for name, one in template.items() if one.get("DeletionPolicy") in KEEP]
        if not mine:
            raise _fail("The template of {stack} has no {wanted}.", stack, wanted, "", "")
        for name, one in mine.items():
            policies = ["DeletionPolicy", *(["UpdateReplacePolicy"] if replaced_too else [])]
            for policy in policies:
                if one.get(policy) not in KEEP:
                    said = "{name} of {stack} has no {policy} that keeps it."
                    if policy == "DeletionPolicy" and safe:
                        said += " It is written on {others}."
                    raise _fail(said, stack, wanted, name, policy, safe)


def _fail(said: str, stack: str, wanted: str, name: str, policy: str, others: Sequence[str] = ()) -> Fail:
    return Fail(
        said,
        looked_at="the template of {stack}",
        needed="{wanted} with a DeletionPolicy of Retain or Snapshot.",
        try_="Write it beside Type and Properties, not among the Properties, and update the stack.",
        counterexample="When {stack} goes or replaces it, {name} goes with all that it holds." if name else "",
        stack=stack,
        wanted=wanted,
        name=name,
        policy=policy,
        others=list(others),
    )
