"""A fence `answer` with an accepted form on each line, the first of them to be shown; below it > why.

`answer command`: each is a command of the AWS CLI; a backslash at the end joins a line with the next.
"""

from __future__ import annotations

from courses.content.items.lines import Reader, quoted, written_fence
from courses.content.items.types import number
from graders.items import TextSpec

HINT = "write a fence ~~~answer (or ~~~answer command) with an accepted form on each line, and > why below it"
begins = number.begins


def read(reader: Reader) -> TextSpec | None:
    """Read the accepted forms and the rationale."""
    fence = reader.fence("answer")
    if fence is None:
        return None
    if fence.words not in ((), ("command",)):
        reader.problem(25, f"{' '.join(fence.words)} is not understood here", HINT, line=fence.number)
    command = fence.words == ("command",)
    forms: list[str] = []
    joined = False
    for line in fence.lines:
        if joined:
            forms[-1] += f"\n{line.rstrip()}"
        elif line.strip():
            forms.append(line.strip())
        joined = command and bool(forms) and forms[-1].endswith("\\") and (joined or bool(line.strip()))
    return TextSpec(tuple(one.strip() for one in forms), command, reader.quote())


def write(spec: TextSpec) -> str:
    """Return the answer fence and the rationale."""
    lines = [line for one in spec.accepted for line in one.split("\n")]
    fence = written_fence("answer command" if spec.command else "answer", lines)
    return "\n\n".join(one for one in (fence, quoted(spec.rationale)) if one)


def canonical(item_id: str, spec: TextSpec) -> TextSpec:
    """Return the spec: it has no ids."""
    return spec
