"""What authors may ask for and not get, each with its sentence."""

from __future__ import annotations

from labs.refusals import Refusal


class SlugTaken(Refusal):
    """The name is in the catalog, or another draft's."""

    def __init__(self, slug: str, where: str) -> None:
        super().__init__(f"There is a lab named {slug} {where}. Choose another name.")


class NoSlug(Refusal):
    """A name that no address can have."""

    status = 422


class Invalid(Refusal):
    """What was sent cannot be kept as it is."""

    status = 422


class TooLarge(Refusal):
    """A file is larger than a file of its kind may be."""

    status = 422

    def __init__(self, name: str, most: int) -> None:
        super().__init__(f"{name} is larger than {most // 1024} KiB: keep large files out of a lab.")


class TooMany(Refusal):
    """There are as many as there may be."""


class EditedMeanwhile(Refusal):
    """Somebody else saved since this page was opened."""

    def __init__(self, who: str) -> None:
        super().__init__(
            f"{who or 'Somebody'} has saved this draft since you opened it. Copy what you wrote, open the draft anew, "
            "and put your changes in."
        )


class NoOwnChecks(Refusal):
    """Python of an author's own, where nothing would hold it."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "checks.py is Python that this server would run, and its kernel has no jail for it (Landlock and seccomp). "
            "Use ~~~expect or a check of the catalogue, or ask an operator to write this file."
        )


class NotReadable(Refusal):
    """It has mistakes."""

    def __init__(self, count: int, what: str) -> None:
        mistakes = "a mistake" if count == 1 else f"{count} mistakes"
        super().__init__(f"It has {mistakes}, so it cannot be {what}. They stand beside the text, each with its line.")


class NothingToProve(Refusal):
    """A playground has no tasks."""

    def __init__(self) -> None:
        super().__init__("A playground has no tasks, so there is nothing to prove. Labs of the Studio need a task.")


class ProofUnderWay(Refusal):
    """One at a time in each workspace."""

    def __init__(self) -> None:
        super().__init__("A proof of this workspace is under way. Wait for its end, or stop it.")


class NotProven(Refusal):
    """This text was never proven."""

    def __init__(self, operates: bool) -> None:
        more = " As an operator you may publish it all the same, with a reason that is kept." if operates else ""
        super().__init__(f"Exactly this text was not proven yet: test it first.{more}")


class NothingNew(Refusal):
    """It is what is published already."""

    def __init__(self) -> None:
        super().__init__("This text is what is published already.")


class HasVersions(Refusal):
    """What was published once is kept."""

    def __init__(self) -> None:
        super().__init__("It was published, and its versions are kept. Take it out of the catalog instead.")
