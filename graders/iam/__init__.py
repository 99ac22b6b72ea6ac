"""A policy evaluator: documents read strictly, single requests decided, "only X" answered by counterexample.

`decide(request, policies)` is the engine; `World` asks questions over an account; `can_assume` over a role's trust.
A decision answers allowed, denied or depends on, and explains itself as a tree.
"""

from graders.iam.actions import UnknownAction
from graders.iam.assume import Assuming, can_assume
from graders.iam.decide import Answer, Decision, Policies, Policy, Reason, Request, decide
from graders.iam.document import Document, InvalidPolicy, parse
from graders.iam.explain import Explanation
from graders.iam.principals import ANONYMOUS, Principal
from graders.iam.questions import Claim, World, world_of

__all__ = [
    "ANONYMOUS",
    "Answer",
    "Assuming",
    "Claim",
    "Decision",
    "Document",
    "Explanation",
    "InvalidPolicy",
    "Policies",
    "Policy",
    "Principal",
    "Reason",
    "Request",
    "UnknownAction",
    "World",
    "can_assume",
    "decide",
    "parse",
    "world_of",
]
