"""PostgreSQL's full text: a tsvector with weights, in a table beside the documents, under a GIN index.

The configuration is 'simple': words come cut already, and which stand for each other is decided before (vocabulary).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

WEIGHTS = "{0.08, 0.1, 0.35, 1.0}"  # D (text), C, B (headings), A (title)
LONG = 1 | 32  # divide by 1 + log(length); between 0 and 1
MOST_WORDS = 20_000  # of one document: a tsvector holds a megabyte


def create(cursor: Any) -> None:
    """Make the table and its index."""
    cursor.execute("CREATE TABLE search_vector (document bigint PRIMARY KEY, vector tsvector NOT NULL)")
    cursor.execute("CREATE INDEX search_vector_gin ON search_vector USING gin (vector)")


def drop(cursor: Any) -> None:
    """Take it away."""
    cursor.execute("DROP TABLE IF EXISTS search_vector")


def write(cursor: Any, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """Replace all that is kept."""
    cursor.execute("DELETE FROM search_vector")
    cursor.executemany(
        "INSERT INTO search_vector (document, vector) VALUES (%s, setweight(to_tsvector('simple', %s), 'A') "
        "|| setweight(to_tsvector('simple', %s), 'B') || setweight(to_tsvector('simple', %s), 'D'))",
        [(pk, title, headings, " ".join(text.split(" ")[:MOST_WORDS])) for pk, title, headings, text in rows],
    )


def find(
    cursor: Any, groups: Sequence[Sequence[str]], kinds: Sequence[str], limit: int, *, any_of: bool = False
) -> list[tuple[int, float]]:
    """Return the documents that have a word of each group (or of any), the best first."""
    joint = " | " if any_of else " & "
    query = joint.join("(" + " | ".join(f"'{word}'" for word in group) + ")" for group in groups)
    where = "AND d.kind = ANY(%s)" if kinds else ""
    cursor.execute(
        "SELECT d.id, ts_rank(%s::real[], v.vector, q, %s) AS rank "  # noqa: S608 - placeholders only
        "FROM search_vector v JOIN search_document d ON d.id = v.document, to_tsquery('simple', %s) q "
        f"WHERE v.vector @@ q {where} ORDER BY rank DESC, d.id LIMIT %s",
        [WEIGHTS, LONG, query, *([list(kinds)] if kinds else []), limit],
    )
    return [(int(pk), float(rank)) for pk, rank in cursor.fetchall()]
