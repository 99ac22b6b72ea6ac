"""A lab in an exam: its heading names it, `{#id .lab lab=private-bucket minutes=25}`; what is below is the stem's."""

from __future__ import annotations

from courses.content.items.lines import Reader
from graders.items import LabSpec

HINT = "name the lab and its minutes: {#id .lab lab=the-folder-of-labs-catalog minutes=25}"
ATTRIBUTES = ("lab", "minutes")


def begins(reader: Reader) -> bool:
    """Nothing stands below: the stem goes on to the next heading."""
    return False


def read(reader: Reader) -> LabSpec | None:
    """Return what the heading says."""
    name, minutes = reader.attributes.get("lab", ""), reader.attributes.get("minutes", "")
    if not name:
        return None
    if not minutes.isascii() or not minutes.isdigit() or len(minutes) > 3:
        reader.problem(23, f"minutes={minutes} is not a number of minutes", "minutes=25", line=reader.line)
        minutes = "1"
    return LabSpec(name, int(minutes))


def write(spec: LabSpec) -> str:
    """Nothing stands below the stem."""
    return ""


def words(spec: LabSpec) -> dict[str, str]:
    """Return what stands in the heading."""
    return {"lab": spec.lab, "minutes": str(spec.minutes)}


def canonical(item_id: str, spec: LabSpec) -> LabSpec:
    """Return the spec: it has no ids."""
    return spec
