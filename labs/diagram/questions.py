"""What can be asked of a diagram: which questions fit a thing, and who answers which.

An answer is words first (a headline, lines, why) and marks on the picture second. In an exam nothing of this is asked:
the view sees to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from botocore.exceptions import ClientError

from graders import Account
from graders.account import error_code
from graders.iam import InvalidPolicy, UnknownAction
from graders.iam.witnesses import Undecided
from labs.diagram import access, reach
from labs.diagram.answers import Answer, Line, sorry
from labs.diagram.model import KINDS, Sketch, Thing

__all__ = ["Answer", "Asked", "Choice", "Line", "ask", "choices"]


@dataclass(frozen=True)
class Asked:
    """A question as it stands in an address. `thing` is a key of the sketch; `who` and `target` too."""

    thing: str = ""
    question: str = ""
    who: str = ""
    target: str = ""
    port: str = ""


@dataclass(frozen=True)
class Choice:
    """A question that fits a thing. `needs` are the fields of its form: "who", "target", "port"."""

    question: str
    words: str
    needs: tuple[str, ...] = ()
    port: int = 0  # what its form begins with


_REACHED: Final = ("instance", "database", "balancer")
_SENDS: Final = ("instance", "balancer", "nat")


def choices(sketch: Sketch, thing: Thing) -> list[Choice]:
    """Return the questions that fit a thing, the commonest first."""
    found: list[Choice] = []
    verbs = access.VERBS.get(thing.kind)
    if verbs:
        found += [Choice(one.id, f"{one.words}?") for one in verbs]
        found.append(Choice("public", "Is it public?"))
        found.append(Choice("may", "May somebody in particular?", ("who",)))
    if thing.kind in ("user", "role"):
        found.append(Choice("does", f"What can this {KINDS[thing.kind][0].lower()} do?"))
    if thing.kind in _REACHED:
        port = reach.usual_port(thing)
        found.append(Choice("internet", "Can the internet reach this?", ("port",), port))
        if any(one.kind in ("instance", "balancer") and one.key != thing.key for one in sketch.things):
            found.append(Choice("from", "Can another thing reach this?", ("who", "port"), port))
    if thing.kind == "instance":
        found.append(Choice("to", "Can this reach another thing?", ("target", "port"), 443))
    return found


def ends(sketch: Sketch, thing: Thing, choice: Choice) -> list[Thing]:
    """Return what a form may offer as the other end."""
    if choice.question == "may":
        return [one for one in sketch.things if one.kind in ("user", "role")]
    kinds = ("instance", "balancer") if choice.question == "from" else (*_REACHED, "internet")
    return [one for one in sketch.things if one.kind in kinds and one.key != thing.key]


def ask(account: Account, sketch: Sketch, asked: Asked) -> Answer | None:
    """Return the answer, or None where nothing was asked. Never raises for what a learner has made or typed."""
    thing = sketch.by_key.get(asked.thing)
    if thing is None or not asked.question:
        return None
    choice = next((one for one in choices(sketch, thing) if one.question == asked.question), None)
    if choice is None:
        return sorry("This question does not fit here", f"{thing.title} cannot be asked that.")
    try:
        return replace(_answered(account, sketch, thing, asked), question=_said(sketch, thing, choice, asked))
    except Undecided as error:
        return sorry("That cannot be told", f"The policies leave too many cases to try: {error}.")
    except InvalidPolicy as error:
        return sorry("That cannot be told", f"A policy here is one that AWS would refuse: {error}.")
    except UnknownAction as error:
        return sorry("That cannot be told", str(error))
    except ClientError as error:
        return sorry(
            "That could not be read", f"The sandbox answered {error_code(error)}. Look again after your next call."
        )


def _answered(account: Account, sketch: Sketch, thing: Thing, asked: Asked) -> Answer:
    match asked.question:
        case "public":
            return access.is_public(account, thing)
        case "does":
            return access.what_can(account, sketch, thing)
        case "may":
            return access.may(account, sketch, thing, asked.who)
        case "internet":
            return reach.reached(account, sketch, "internet", thing.key, asked.port)
        case "from":
            return reach.reached(account, sketch, asked.who, thing.key, asked.port)
        case "to":
            return reach.reached(account, sketch, thing.key, asked.target, asked.port)
    return access.who_can(account, sketch, thing, asked.question)


def _said(sketch: Sketch, thing: Thing, choice: Choice, asked: Asked) -> str:
    """Return the question as a whole sentence, for the head of its answer and for whoever gets the address."""
    other = sketch.by_key.get(asked.who or asked.target)
    name = other.title if other else "the internet"
    port = f" on port {asked.port or choice.port}" if "port" in choice.needs else ""
    match asked.question:
        case "internet":
            return f"Can the internet reach {thing.title}{port}?"
        case "from":
            return f"Can {name} reach {thing.title}{port}?"
        case "to":
            return f"Can {thing.title} reach {name}{port}?"
        case "may":
            return f"What may {name} do with {thing.title}?"
        case "does":
            return f"What can {thing.title} do?"
        case "public":
            return f"Is {thing.title} public?"
    return f"{choice.words.removesuffix('?')}: {thing.title}?"
