"""Why a launch, or an answer of a platform, is not taken. The person who reads it cannot mend it: it says who can."""

from __future__ import annotations

from labs.refusals import Refusal
from skylab.lti.models import Platform


class BadLaunch(Refusal):
    """The launch does not hold: wrong, old, used, or not from whom it says. `platform`: where it was begun, if known."""

    status = 403

    def __init__(self, text: str, platform: Platform | None = None) -> None:
        super().__init__(text)
        self.platform = platform


class UnknownPlatform(Refusal):
    """Nobody registered the platform here."""

    status = 403


class CookiesBlocked(Refusal):
    """The browser kept nothing of the launch's beginning. `again` are the parameters to begin it anew with."""

    status = 403

    def __init__(self, again: dict[str, str]) -> None:
        super().__init__("Your browser did not send back what it was given a moment ago.")
        self.again = again


class PlatformProblem(Exception):
    """A platform did not do what it was asked for. `lasting`: asking again as it is will not help."""

    def __init__(self, text: str, *, lasting: bool = False, status: int = 0, wait: float = 0) -> None:
        super().__init__(text)
        self.lasting = lasting
        self.status = status
        self.wait = wait
