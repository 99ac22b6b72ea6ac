"""Where the AWS that moto lacks is plugged in: before and after a call, by service and operation.

    @before("s3", "PutBucketPolicy")
    def refuse_a_public_policy(call: Call) -> None: ...          # raise AwsError to refuse

    @after("cloudwatch", "SetAlarmState")
    def tell_the_topic(call: Call, answer: Answer) -> None: ...  # only where the call succeeded

A file of labs/sandboxes/emulated/fidelity/ is found by being there. It may also patch moto in a function install().
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.core.request import Request

from labs.sandboxes.emulated.frames import CellRequest, CellResponse, CellSpec
from labs.sandboxes.emulated.services import Operation

__all__ = [
    "Answer",
    "Call",
    "after",
    "afterwards",
    "before",
    "beforehand",
    "discover",
    "front",
    "front_of",
    "run_after",
    "run_afterwards",
    "run_before",
    "run_beforehand",
]


@dataclass(slots=True)
class Answer:
    """What goes back to the tool."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Call:
    """One call on its way through the cell."""

    spec: CellSpec
    request: CellRequest
    operation: Operation
    parameters: dict[str, Any]
    principal: str  # the caller's ARN, "anonymous" without a key
    http: Request
    notes: dict[str, Any] = field(default_factory=dict)
    account: str = ""

    @property
    def account_id(self) -> str:
        """The account that the call acts in: the sandbox's own, or a member of its organization."""
        return self.account or self.spec.account_id

    @property
    def region(self) -> str:
        """The region that the call was signed for."""
        return self.request.region

    @property
    def anonymous(self) -> bool:
        """Whether nobody signed it."""
        return self.request.access_key is None


Before = Callable[[Call], "Answer | None"]
After = Callable[[Call, Answer], None]
_before: dict[tuple[str, str], list[Before]] = defaultdict(list)
_after: dict[tuple[str, str], list[After]] = defaultdict(list)
Front = Callable[[CellRequest], CellResponse]
_fronts: dict[str, Front] = {}
_afterwards: list[Callable[[], None]] = []
_beforehand: list[Callable[[], None]] = []


def before(service: str, *operations: str) -> Callable[[Before], Before]:
    """Run the function before these operations ("*" for all of the service); an Answer of it is the answer."""

    def register(function: Before) -> Before:
        for operation in operations:
            _before[service, operation].append(function)
        return function

    return register


def after(service: str, *operations: str) -> Callable[[After], After]:
    """Run the function after these operations where they succeeded."""

    def register(function: After) -> After:
        for operation in operations:
            _after[service, operation].append(function)
        return function

    return register


Witness = Callable[[Operation, CellRequest, CellResponse], None]
_witnesses: list[Witness] = []


def witness(function: Witness) -> Witness:
    """Let the function see every call of a tool's that meant an operation, once it is answered or refused."""
    _witnesses.append(function)
    return function


def run_witnesses(operation: Operation, request: CellRequest, told: CellResponse) -> None:
    """Show the call to those who take note of it."""
    for function in _witnesses:
        function(operation, request, told)


def run_before(call: Call) -> Answer | None:
    """Run what is registered for the call, until one answers."""
    service = call.operation.service.name
    for key in ((service, "*"), (service, call.operation.name)):
        for function in _before.get(key, ()):
            answer = function(call)
            if answer is not None:
                return answer
    return None


def run_after(call: Call, answer: Answer) -> None:
    """Run what is registered for the call."""
    service = call.operation.service.name
    for key in ((service, call.operation.name), (service, "*")):
        for function in _after.get(key, ()):
            function(call, answer)


def afterwards(function: Callable[[], None]) -> Callable[[], None]:
    """Run the function after each call of a tool's that changed something: for what the change sets off."""
    _afterwards.append(function)
    return function


def front(service: str) -> Callable[[Front], Front]:
    """Let the function answer what comes for `service`, which is no API of AWS's own but one that a customer made."""

    def register(function: Front) -> Front:
        _fronts[service] = function
        return function

    return register


def front_of(service: str) -> Front | None:
    """Return what answers for `service`, None where AWS's own API does."""
    return _fronts.get(service)


def beforehand(function: Callable[[], None]) -> Callable[[], None]:
    """Run the function when a call of a tool's begins, before anything happens."""
    _beforehand.append(function)
    return function


def run_beforehand() -> None:
    """Let everybody know that a call of a tool's begins."""
    for function in _beforehand:
        function()


def run_afterwards() -> None:
    """Let all happen that the call has set off."""
    for function in _afterwards:
        function()


def discover() -> None:
    """Import every file of fidelity/ and let it install itself."""
    from labs.sandboxes.emulated import fidelity

    for found in pkgutil.iter_modules(fidelity.__path__):
        module = importlib.import_module(f"{fidelity.__name__}.{found.name}")
        install: Callable[[], None] | None = getattr(module, "install", None)
        if install:
            install()
