"""An ordinary item of every type, with all that its type can say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from courses.content.items import canonical
from courses.content.model import Item
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    TextSpec,
)

_OPTIONS = (
    Option("a", "Block Public Access on the *account*", True, "It overrides `s3:PutBucketPolicy`."),
    Option("b", "A longer name", False, "Names are no secret."),
    Option("c", "An explicit deny", False, "Not in this order: 1 < 2."),
    Option("d", "None of these", False, "One is.", fixed=True),
)
_STEM = "Which keeps `arn:aws:s3:::<bucket>/*` private?\n\n- a list\n- in the stem"


def _item(kind: str, spec: Any, stem: str = _STEM) -> Item:
    return Item(
        id=f"the-{kind}",
        type=kind,
        stem=stem,
        spec=canonical(f"the-{kind}", kind, spec),
        domain="secure",
        points=1.0 if kind == "case" else 2.0,
        path="ours.md",
        line=7,
        difficulty=0.6,
        status="pilot",
        skill="2.2.2",
    )


_NUMBER = NumberSpec(Decimal("99.950"), Decimal("0.01"), "%", "By design.")
EXAMPLES = {
    "choice": _item("choice", ChoiceSpec(_OPTIONS)),
    "response": _item(
        "response",
        ResponseSpec(tuple(Option(o.id, o.text, o.id in "ac", o.rationale, o.fixed) for o in _OPTIONS)),
        "Which two? (Select TWO.)",
    ),
    "number": _item("number", _NUMBER, "How many nines?"),
    "text": _item("text", TextSpec(("aws s3 ls", "aws s3 ls *"), True, "It lists."), "Which command lists buckets?"),
    "ordering": _item(
        "ordering",
        OrderingSpec(
            (
                Entry("m", "Create a change set"),
                Entry("r", "Review it", "Replacement is seen here."),
                Entry("x", "Execute it"),
            ),
            (Entry("d", "Delete the stack", "That destroys state."),),
        ),
        "Put the steps in order.",
    ),
    "matching": _item(
        "matching",
        MatchingSpec(
            (Entry("o", "Objects", "By key."), Entry("f", "Files"), Entry("h", "A home page")),
            (Entry("s", "Amazon S3"), Entry("e", "Amazon EFS"), Entry("r", "Route 53", "Names.")),
            (("o", "s"), ("f", "e"), ("h", "s")),
            ("Need", "Service"),
        ),
        "Match the need to the service.",
    ),
    "case": _item(
        "case",
        CaseSpec(
            (
                Part("the-case-a", "choice", "Which one?", ChoiceSpec(_OPTIONS), 2.0, "resilient"),
                Part("the-case-b", "number", "How many?", _NUMBER),
            )
        ),
        "A shop moves to AWS.\n\n| Tier | Servers |\n|---|---|\n| web | 3 |",
    ),
    "lab": _item("lab", LabSpec("private-bucket-one-reader", 20), "Close the bucket."),
}
