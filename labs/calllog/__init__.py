"""One call of the API log, told: who made it with what, what it changed, how to make it again, and why it failed."""

from labs.calllog.again import Again, again
from labs.calllog.why import Why, why
from labs.calllog.words import changed, source_of

__all__ = ["Again", "Why", "again", "changed", "source_of", "why"]
