"""What users, groups and roles share: policies attached, policies of their own, a boundary, and policies to start from.

IAM's calls name a user, group or role by its name and a managed policy by its ARN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Lines,
    Link,
    Part,
    Pick,
    Picks,
    Policy,
    Row,
    Text,
    Values,
    ask,
    call,
)
from labs.explorer.saying import all_powerful, count, decoded

# The policies of AWS's own that labs attach: the sandbox has them all, a form offers these.
OF_AWS = (
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::aws:policy/PowerUserAccess",
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AmazonEC2FullAccess",
    "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess",
    "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess",
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole",
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole",
)


def _allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


STARTERS = (
    ("read objects of a bucket", _allow("s3:GetObject", "arn:aws:s3:::BUCKET/*")),
    (
        "read and write a table",
        _allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], "arn:aws:dynamodb:*:*:table/TABLE"),
    ),
    ("send to a queue", _allow("sqs:SendMessage", "arn:aws:sqs:*:*:QUEUE")),
    ("write logs", _allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*")),
    ("assume a role", _allow("sts:AssumeRole", "arn:aws:iam::ACCOUNT:role/ROLE")),
    (
        "deny a deletion",
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::BUCKET/*"}],
        },
    ),
)


def _name(parameter: str, at: At) -> Values:
    return {parameter: at.thing.id}


class Sort:
    """The calls of one sort of principal: Sort("user") has list_user_policies, put_user_policy and the rest."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.parameter = f"{word.capitalize()}Name"

    def attached(self, account: Account, name: str) -> list[dict[str, Any]]:
        """Return the managed policies that are attached."""
        answer = ask(account, "iam", f"list_attached_{self.word}_policies", **{self.parameter: name})
        found: list[dict[str, Any]] = answer.get("AttachedPolicies", [])
        return found

    def inline(self, account: Account, name: str) -> list[str]:
        """Return the names of its own policies."""
        found: list[str] = ask(account, "iam", f"list_{self.word}_policies", **{self.parameter: name}).get(
            "PolicyNames", []
        )
        return found

    def facts(self, account: Account, name: str) -> tuple[Fact, ...]:
        """Return what it may do, as the list says it."""
        attached = [one["PolicyName"] for one in self.attached(account, name)]
        names = [*attached, *(f"{one} (inline)" for one in self.inline(account, name))]
        return (Fact("Policies", ", ".join(names) or "none", "bad" if "AdministratorAccess" in attached else ""),)

    def parts(self, account: Account, name: str) -> tuple[Part, ...]:
        """Return the policies as tables."""
        managed = tuple(
            Row(
                one["PolicyArn"],
                (one["PolicyName"], "AWS" if ":aws:policy/" in one["PolicyArn"] else "yours", one["PolicyArn"]),
            )
            for one in self.attached(account, name)
        )
        own = tuple(self._own(account, name, one) for one in self.inline(account, name))
        return (
            Part("managed", "Managed policies", ("Name", "Of", "ARN"), managed, "None attached."),
            Part("inline", "Inline policies", ("Name", "Says"), own, "None of its own."),
        )

    def _own(self, account: Account, name: str, policy: str) -> Row:
        answer = ask(account, "iam", f"get_{self.word}_policy", **{self.parameter: name}, PolicyName=policy)
        document = decoded(answer.get("PolicyDocument"))
        found = document.get("Statement", [])
        words = (
            "everything on everything"
            if all_powerful(document)
            else count(len(found) if isinstance(found, list) else 1, "statement")
        )
        return Row(policy, (policy, words), "bad" if all_powerful(document) else "", document)

    def links(self, account: Account, name: str) -> tuple[Link, ...]:
        """Return the customer's policies that are attached."""
        mine = [one for one in self.attached(account, name) if ":aws:policy/" not in one["PolicyArn"]]
        return tuple(Link("iam:policy", one["PolicyArn"], "May do what it says", one["PolicyName"]) for one in mine)

    def actions(self) -> tuple[Action, ...]:
        """Return what is done with its policies."""
        word, parameter = self.word, self.parameter

        def attach(v: Values, at: At) -> Iterator[Call]:
            for arn in v["policies"]:
                yield call("iam", f"attach_{word}_policy", **_name(parameter, at), PolicyArn=arn)

        def put(v: Values, at: At) -> Iterator[Call]:
            name = v.get("PolicyName") or at.row.id
            yield call(
                "iam",
                f"put_{word}_policy",
                **_name(parameter, at),
                PolicyName=name,
                PolicyDocument=v["PolicyDocument"],
            )

        def of_row(operation: str, key: str) -> Any:
            return lambda v, at: [call("iam", operation, **{parameter: at.thing.id, key: at.row.id})]

        document = Policy("PolicyDocument", "Policy", kind="identity", required=True, starters=STARTERS)
        return (
            Action("attach", "Attach policies", attach, pick_policies, part="managed", verb="Attach"),
            Action(
                "detach",
                "Detach",
                of_row(f"detach_{word}_policy", "PolicyArn"),
                part="managed",
                row=True,
                danger="Take this policy away? The policy itself stays.",
                verb="Detach",
            ),
            Action(
                "add-inline",
                "Add inline policy",
                put,
                (Text("PolicyName", "Name", required=True), document),
                part="inline",
            ),
            Action(
                "inline",
                "Edit",
                put,
                (document,),
                lambda account, at: {"PolicyDocument": at.row.data},
                part="inline",
                row=True,
            ),
            Action(
                "remove-inline",
                "Delete",
                of_row(f"delete_{word}_policy", "PolicyName"),
                part="inline",
                row=True,
                danger="Delete this policy for good?",
                verb="Delete",
            ),
        )

    def simulation(self) -> Action:
        """Return the action that asks IAM itself what would be allowed."""

        def ask_iam(v: Values, at: At) -> Iterator[Call]:
            where: Values = {"PolicySourceArn": at.thing.arn, "ActionNames": v["ActionNames"]}
            yield call("iam", "simulate_principal_policy", **where, ResourceArns=v["ResourceArns"] or None)

        return Action(
            "simulate",
            "Test what it may do",
            ask_iam,
            (
                Lines("ActionNames", "Actions", required=True, placeholder="s3:GetObject", help="One a line."),
                Lines(
                    "ResourceArns",
                    "On",
                    placeholder="arn:aws:s3:::bucket/object",
                    help="ARNs, one a line. Empty: on anything.",
                ),
            ),
            verb="Test",
            about="IAM's policy simulator: nothing is done, and the answer says what would be allowed, and by which statement.",
        )

    def boundary(self) -> Action:
        """Return the action that sets or removes the permissions boundary."""
        word, parameter = self.word, self.parameter

        def save(v: Values, at: At) -> Iterator[Call]:
            if v["PermissionsBoundary"] is None:
                yield call("iam", f"delete_{word}_permissions_boundary", **_name(parameter, at))
            else:
                where: Values = {parameter: at.thing.id, "PermissionsBoundary": v["PermissionsBoundary"]}
                yield call("iam", f"put_{word}_permissions_boundary", **where)

        return Action(
            "boundary",
            "Edit permissions boundary",
            save,
            (Pick("PermissionsBoundary", "Policy", kind="iam:policy", by="arn", free=True, help="Empty: none."),),
            lambda account, at: {
                "PermissionsBoundary": at.thing.data.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
            },
            about="The most that any policy can give. It gives nothing by itself.",
        )


def pick_policies(account: Account, at: At) -> tuple[Any, ...]:
    """Return the field that picks managed policies: the account's own, and those of AWS by their ARN."""
    some = ", ".join(tail.removeprefix("arn:aws:iam::aws:policy/") for tail in OF_AWS[:4])
    return (
        Picks(
            "policies",
            "Policies",
            kind="iam:policy",
            by="arn",
            free=True,
            required=True,
            help=f"Of AWS's own the ARN, one a line: arn:aws:iam::aws:policy/… with {some} and the like.",
        ),
    )
