"""The names that a lab's text may fill in: which there are, which are used, and what stands in braces and is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labs.content import yamls
from labs.content.draw import placeholders
from labs.content.lexer import Report
from labs.content.schema import nearest


class Names:
    """Checks every `{{ … }}` of a lab. `known` is None while the front matter could not be read: no name is judged."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.known: set[str] | None = None
        self.used: set[str] = set()

    def check(self, text: str, line: int) -> None:
        """Check a text that stands on one line."""
        for name, is_name in placeholders(text):
            self.used.add(name)
            if self.known is None or name in self.known:
                continue
            if not is_name:
                self.report(line, "labs.E015", f"{{{{ {name} }}}} is not a name", "values are put in by name only")
            else:
                hint = nearest(name, self.known) or f"known are {', '.join(sorted(self.known))}"
                self.report(line, "labs.E015", f"{{{{ {name} }}}} is not a parameter of this lab", hint)

    def check_lines(self, lines: Iterable[tuple[int, str]]) -> None:
        """Check lines, each with its number."""
        for number, text in lines:
            self.check(text, number)

    def check_value(self, value: Any, document: yamls.Document, path: yamls.Path = ()) -> None:
        """Check every text of a YAML value, its keys included."""
        for at, text in strings(value, path):
            self.check(text, document.line(at))


def strings(value: Any, path: yamls.Path = ()) -> Iterator[tuple[yamls.Path, str]]:
    """Yield each text in a YAML value, keys included, with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from strings(key, (*path, key))
            yield from strings(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from strings(one, (*path, index))
