"""Items in Markdown: `### Stem {#id .type domain=… points=1}`, what else the stem says, then the options or the answer.

An item ends where its options (or its answer fence and the rationale under it) end: text after that is the lesson's.
How each type is read and written stands in `types`, a module each; what it is worth is known to graders.items.
What `write_item` gives reads as the equal item.
"""

from courses.content.items.lines import SourceLine, source_lines
from courses.content.items.reading import parse_text
from courses.content.items.types import canonical
from courses.content.items.writing import Unwritable, write_item

__all__ = ["SourceLine", "Unwritable", "canonical", "parse_text", "source_lines", "write_item"]
