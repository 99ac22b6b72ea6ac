"""A policy evaluator: documents read strictly, single requests decided, "only X" answered by counterexample."""

from graders.iam.decide import Decision, Policies, Policy, Reason, Request, decide
from graders.iam.document import Document, InvalidPolicy, parse
from graders.iam.principals import ANONYMOUS, Principal

__all__ = [
    "ANONYMOUS",
    "Decision",
    "Document",
    "InvalidPolicy",
    "Policies",
    "Policy",
    "Principal",
    "Reason",
    "Request",
    "decide",
    "parse",
]
