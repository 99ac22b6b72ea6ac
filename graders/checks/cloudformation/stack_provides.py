"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks.html"""

from typing import Any

from graders import Account, Fail, check, stacks


@check(permissions=stacks.PERMISSIONS)
def stack_provides(
    account: Account,
    *,
    stack: str,
    types: list[str],
    outputs: dict[str, str] | None = None,
    lacks: list[str] | None = None,
) -> None:
    """The stack {stack} made {types}.

    Resource types (AWS::SQS::Queue), twice named: two of them; also what nested stacks made. `outputs`: the type of
    resource whose name, ARN, URL or attribute the output is ("" for any). `lacks`: types that it must not have made.
    A stack that was rolled back does not count, and what was made by hand belongs to none.
    """
    found = stacks.the_stack(account, stack)
    made = stacks.resources(account, stack)
    have = [one["ResourceType"] for one in made]
    asked: dict[str, Any] = {"stack": stack, "have": have}
    for kind in types:
        if have.count(kind) < types.count(kind):
            raise Fail(
                "The stack {stack} made no {kind}, or too few; it made {have}.",
                looked_at="the resources of {stack}",
                needed="{kind} as a resource of the template. What was made by hand is not the stack's.",
                try_="aws cloudformation list-stack-resources --stack-name {stack}",
                counterexample="Deleting {stack} would leave, or never have had, a {kind}.",
                kind=kind,
                **asked,
            )
    for kind in lacks or []:
        if kind in have:
            raise Fail(
                "The stack {stack} made {kind}.",
                looked_at="the resources of {stack}",
                needed="No {kind} in this stack: a Condition of the template keeps it out.",
                try_="Compare the stack's parameters with the Condition.",
                kind=kind,
                **asked,
            )
    values = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    for name, kind in (outputs or {}).items():
        ids = [one["PhysicalResourceId"] for one in made if one["ResourceType"] == kind]
        if name in values and (not kind or any(_speaks_of(values[name], one) for one in ids)):
            continue
        raise Fail(
            "The output {output} of {stack} is {value}: that is no {kind} of the stack."
            if name in values
            else "The stack {stack} has no output {output}; it has {outputs}.",
            looked_at="the outputs of {stack}",
            needed="An output {output} that refers (Ref, GetAtt) to the {kind} of the stack."
            if kind
            else "An output {output}.",
            try_="Add it to Outputs and update the stack.",
            output=name,
            value=values.get(name, ""),
            outputs=list(values),
            kind=kind,
            **asked,
        )


def _speaks_of(value: str, identity: str) -> bool:
    """Whether a value is, or holds, the resource's name: its id, the end of its ARN or URL."""
    name = identity.rpartition("/")[2].rpartition(":")[2]
    return bool(name) and name in value
