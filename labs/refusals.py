"""The base of every refusal: something a person asked for that the rules do not allow."""

from __future__ import annotations


class Refusal(Exception):
    """Not now, not so, or not you. `str(refusal)` is a sentence for the person; `status` the HTTP status it becomes."""

    status = 409
