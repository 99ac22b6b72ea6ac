"""The contract of a check: a function over an account that returns (passed), raises Fail (failed) or breaks (error)."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.account import Account
from graders.messages import FIELDS, Message, plain

Validator = Callable[["CheckCall"], list[str]]


class Fail(Exception):
    """The account is not as it should be. `found` is the one sentence a learner always sees.

    The rest, in the order in which it is shown: `counterexample` (a request that shows it), `looked_at`, `found`,
    `needed`, `try_`. A sentence names the learner's own resources and never the check's code.

    With `values`, the sentences are templates: `Fail("Versioning of {bucket} is {status}.", bucket=…, status=…)`. A
    template is the key under which a translation is found (`graders.messages`); without values the text is as it is.
    """

    def __init__(
        self,
        found: str,
        *,
        looked_at: str = "",
        needed: str = "",
        try_: str = "",
        counterexample: str = "",
        **values: Any,
    ) -> None:
        self.found = Message(found, values)
        self.looked_at = Message(looked_at, values)
        self.needed = Message(needed, values)
        self.try_ = Message(try_, values)
        self.counterexample = Message(counterexample, values)
        super().__init__(self.found)

    def texts(self) -> dict[str, Any]:
        """The sentences by name, and what they were made of: as Result keeps them."""
        said: dict[str, Message] = {name: getattr(self, name) for name in FIELDS}
        return {
            **{name: str(text) for name, text in said.items()},
            "templates": {name: text.template for name, text in said.items() if text},
            "values": self.found.values,
        }


@dataclass(frozen=True)
class CheckCall:
    """A lab's use of a check. `line` is where it stands in the lab's file; `weight` its share of the task's points."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    weight: float = 1.0
    line: int = 0


@dataclass(frozen=True)
class Parameter:
    """One keyword-only parameter of a check, as its signature declares it."""

    name: str
    annotation: Any
    required: bool
    default: Any = None


@dataclass(frozen=True)
class Check:
    """A discovered check. `name` is "<service>.<module>"; `permissions` are the IAM actions that it needs.

    One that `acts` is given a copy of the account, to do with what it likes (graders/probe.py).
    """

    name: str
    line: str
    permissions: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    function: Callable[..., None]
    validator: Validator | None = None
    acts: bool = False

    def title(self, parameters: dict[str, Any]) -> str:
        """The learner's line with the call's values and the defaults in it; as written where a value is missing."""
        given = {one.name: one.default for one in self.parameters if not one.required} | parameters
        try:
            return self.line.format_map({name: plain(value) for name, value in given.items()})
        except (KeyError, IndexError, ValueError):
            return self.line


def check(
    *, permissions: Sequence[str], validator: Validator | None = None, acts: bool = False
) -> Callable[[Callable[..., None]], Check]:
    """Make a check of a function `(account, *, …) -> None`; its module's place gives the name.

    `permissions`: the IAM actions that the function's calls need, for example "s3:GetBucketPolicy".
    `validator`: sentences about a call that the signature alone cannot find.
    `acts`: it may change the account that it is given, which is a copy and ends with it.
    """

    def decorate(function: Callable[..., None]) -> Check:
        lines = (inspect.getdoc(function) or "").strip().splitlines()
        if not lines:
            raise TypeError(f"{function.__module__}.{function.__name__} has no docstring: it is the learner's line.")
        return Check(
            name=_name(function.__module__),
            line=lines[0],
            permissions=tuple(permissions),
            parameters=_parameters(function),
            function=function,
            validator=validator,
            acts=acts,
        )

    return decorate


def _name(module: str) -> str:
    # A package may not be called as a keyword of Python is: lambda_ stands for lambda.
    return module.removeprefix("graders.").removeprefix("checks.").replace("_.", ".")


def _parameters(function: Callable[..., None]) -> tuple[Parameter, ...]:
    hints = typing.get_type_hints(function)
    first, *rest = inspect.signature(function).parameters.values()
    if hints.get(first.name) is not Account:
        raise TypeError(f"{function.__module__}: the first parameter must be annotated `account: Account`.")
    named = [one for one in rest if one.kind is not inspect.Parameter.VAR_KEYWORD]
    for one in named:
        if one.kind is not inspect.Parameter.KEYWORD_ONLY or one.name not in hints:
            raise TypeError(f"{function.__module__}: {one.name} must be keyword-only and annotated.")
    required = {one.name: one.default is inspect.Parameter.empty for one in named}
    return tuple(
        Parameter(one.name, hints[one.name], required[one.name], None if required[one.name] else one.default)
        for one in named
    )
