"""`manage.py lab new`: a true small lab to begin with. It lints and proves as it is, and its comments say what is what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labs.authoring.places import SLUG, SLUG_LENGTH, BadUsage

LEVELS = ("guided", "challenge", "exam", "playground")
STARTS = Path(__file__).with_name("starts")  # s3.md is the start of a lab about S3


def write(slug: str, *, into: Path, level: str = "guided", services: Sequence[str] = ()) -> Path:
    """Write a new lab's folder and return it. Raises BadUsage for a name that cannot be, or is taken."""
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH:
        raise BadUsage(f"{slug!r} cannot be a lab's name: small letters, digits and -, as in keep-the-invoices.")
    folder = into / slug
    text = source(slug, level=level, services=services)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BadUsage(f"{folder} is there already. Choose another name, or remove it first.") from None
    except OSError as error:
        raise BadUsage(f"{folder} cannot be made: {error.strerror}.") from error
    (folder / "lab.md").write_text(text)
    return folder


def source(slug: str, *, level: str = "guided", services: Sequence[str] = ()) -> str:
    """Return the lab.md of a new lab: of the first service that there is a start for, or of S3."""
    known = {path.stem for path in STARTS.glob("*.md")} - {"playground"}
    first = next((name for name in services if name in known), "s3")
    text = (STARTS / f"{'playground' if level == 'playground' else first}.md").read_text()
    named = ", ".join(dict.fromkeys([*services, "s3" if level == "playground" else first]))
    title = slug.replace("-", " ").capitalize()
    return text.replace("TITLE", title, 1).replace("LEVEL", level, 1).replace("SERVICES", named, 1)
