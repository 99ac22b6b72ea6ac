"""Who gives out sandboxes here, who runs a lab's commands, and who judges what its author wrote.

All are told the settings, which they do not know.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from labs.judge import Judge, ensure_judge
from labs.sandboxes import Provider
from labs.sandboxes.emulated.provider import EmulatedProvider
from labs.sandboxes.jail import Mode
from labs.sandboxes.runner import Runner, ensure_runner


def _emulated() -> Provider:
    return EmulatedProvider(
        control=Path(settings.SANDBOX_CONTROL),
        master=settings.SANDBOX_KEY,
        endpoint=settings.SANDBOX_ENDPOINT,
        internal_endpoint=settings.SANDBOX_INTERNAL_ENDPOINT,
    )


MAKERS: dict[str, Callable[[], Provider]] = {"emulated": _emulated}


@lru_cache
def get_provider(name: str) -> Provider:
    """Return the provider of that name (`Sandbox.provider`), the same one each time. Raises KeyError."""
    return MAKERS[name]()


def get_runner() -> Runner:
    """Return the warm AWS CLI of this machine, started if need be (it lives as long as who started it).

    :raises labs.sandboxes.Unavailable: it does not start.
    """
    return ensure_runner(Path(settings.RUN_DIR) / "runner.sock", jail=_jail())


def get_judge() -> Judge:
    """Return the judge of this machine, started if need be (it lives as long as who started it).

    :raises labs.sandboxes.Unavailable: it does not start.
    """
    return ensure_judge(Path(settings.RUN_DIR) / "judge.sock", jail=_jail())


def _jail() -> Mode:
    return "required" if settings.SANDBOX_JAIL == "required" else "best"
