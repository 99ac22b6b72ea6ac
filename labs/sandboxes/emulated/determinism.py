"""One seed and one clock for all that moto makes up, so that a replay of the same calls gives the same ids and times.

install() goes before the first import of moto: it replaces the sources that moto's modules bind when they are imported.
freeze_time() goes after the last one. Not covered: RSA keys (OpenSSL has its own generator).
"""

from __future__ import annotations

import datetime as real
import os
import random
import sys
import time
import types
from typing import Any, Final

__all__ = ["CLOCK", "freeze_time", "install", "preserved_random", "seed"]

_real_time: Final = time.time
_real_datetime: Final = real.datetime


class _Clock:
    """The time that moto sees: that of the call being answered, or the machine's where none is set."""

    now: float | None = None

    def time(self) -> float:
        return _real_time() if self.now is None else self.now


CLOCK: Final = _Clock()


class _DatetimeType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _real_datetime)


class Datetime(real.datetime, metaclass=_DatetimeType):
    """datetime.datetime whose now() is CLOCK's; all that it makes are ordinary datetimes."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _real_datetime(*args, **kwargs)

    @classmethod
    def now(cls, tz: real.tzinfo | None = None) -> Any:
        return _real_datetime.fromtimestamp(CLOCK.time(), tz)

    @classmethod
    def today(cls) -> Any:
        return _real_datetime.fromtimestamp(CLOCK.time())

    @classmethod
    def utcnow(cls) -> Any:
        return _real_datetime.fromtimestamp(CLOCK.time(), real.UTC).replace(tzinfo=None)


def install() -> None:
    """Let os.urandom, and uuid4 which uses it, draw from Python's seeded generator; time.time() ask CLOCK."""
    os.urandom = random.randbytes
    random._urandom = random.randbytes  # type: ignore[attr-defined]
    time.time = CLOCK.time


def freeze_time() -> None:
    """Give every module of moto a datetime whose now() is CLOCK's."""
    shim = types.ModuleType("datetime")
    shim.__dict__.update(real.__dict__, datetime=Datetime)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] != "moto":
            continue
        for attribute, value in list(vars(module).items()):
            if value is real:
                setattr(module, attribute, shim)
            elif value is _real_datetime:
                setattr(module, attribute, Datetime)


def seed(text: str) -> None:
    """Begin a new, determined run of random numbers, in moto's generator and in Python's."""
    from moto.moto_api._internal import mock_random

    mock_random.seed(text)
    random.seed(text)


class preserved_random:
    """Within, random numbers come of `text`; after, the run goes on as if nothing had been drawn."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __enter__(self) -> None:
        from moto.moto_api._internal import mock_random

        self._states = mock_random.getstate(), random.getstate()
        seed(self._text)

    def __exit__(self, *_: object) -> None:
        from moto.moto_api._internal import mock_random

        mock_random.setstate(self._states[0])
        random.setstate(self._states[1])
