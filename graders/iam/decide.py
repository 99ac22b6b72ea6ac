"""One request against all policies that bear on it: allowed or denied, by which statement, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from graders.iam.document import Statement
from graders.iam.evaluate import applies, covers_action, covers_resource, evaluate, grant
from graders.iam.explain import Explanation, explain
from graders.iam.possible import Possible, possible
from graders.iam.request import Answer, Kind, Policies, Policy, Reason, Request


@dataclass(frozen=True)
class Decision:
    """The verdict for the request as it stands; `statement`, `policy` and `kind` are those that decided, where one did.

    `allowed` takes a key that the request does not carry for absent. `answer`, `depends_on` and `explanation` ask what
    it might have been; they are worked out when they are first read.
    """

    allowed: bool
    reason: Reason
    statement: Statement | None = None
    policy: str = ""
    kind: Kind | None = None
    asked: tuple[Request, Policies] | None = field(default=None, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """Why, for a learner: "denied by statement “TlsOnly” of the bucket policy"."""
        if self.statement is None:
            return f"{'allowed' if self.allowed else 'denied'}: {self.reason}"
        verb = "allowed" if self.allowed else "denied"
        return f"{verb} by {self.statement.label} of the {self.policy}"

    @cached_property
    def possible(self) -> Possible:
        """What keys that the request does not carry could make of it."""
        return possible(*self._asked)

    @property
    def answer(self) -> Answer:
        """Allowed or denied whatever the missing keys are, or depending on `depends_on`."""
        if self.possible.depends_on:
            return Answer.DEPENDS
        return Answer.ALLOWED if self.allowed else Answer.DENIED

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The context keys that the request does not carry and that could turn the answer."""
        return self.possible.depends_on

    @cached_property
    def explanation(self) -> Explanation:
        """Every statement of every policy: matched or why not; and what would change the answer."""
        return explain(*self._asked, self.possible)

    @property
    def _asked(self) -> tuple[Request, Policies]:
        if self.asked is None:
            raise ValueError("This decision was not made by decide(): there is nothing to explain.")
        return self.asked


def decide(request: Request, policies: Policies) -> Decision:
    """AWS's answer to the request, from these policies alone."""
    verdict = evaluate(request, policies)
    return Decision(verdict.allowed, *verdict, asked=(request, policies))


__all__ = [
    "Answer",
    "Decision",
    "Kind",
    "Policies",
    "Policy",
    "Reason",
    "Request",
    "applies",
    "covers_action",
    "covers_resource",
    "decide",
    "grant",
]
