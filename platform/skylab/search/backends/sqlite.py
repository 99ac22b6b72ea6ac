"""SQLite's FTS5: https://www.sqlite.org/fts5.html. Words come cut already, so its tokenizer has only spaces to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

TITLE, HEADINGS, TEXT = 12.0, 4.0, 1.0


def create(cursor: Any) -> None:
    """Make the table."""
    cursor.execute("CREATE VIRTUAL TABLE search_fts USING fts5(title, headings, text, tokenize='ascii')")


def drop(cursor: Any) -> None:
    """Take it away."""
    cursor.execute("DROP TABLE IF EXISTS search_fts")


def write(cursor: Any, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """Replace all that is kept."""
    cursor.execute("DELETE FROM search_fts")
    cursor.executemany("INSERT INTO search_fts (rowid, title, headings, text) VALUES (%s, %s, %s, %s)", list(rows))


def find(
    cursor: Any, groups: Sequence[Sequence[str]], kinds: Sequence[str], limit: int, *, any_of: bool = False
) -> list[tuple[int, float]]:
    """Return the documents that have a word of each group (or of any), the best first."""
    joint = " OR " if any_of else " AND "
    match = joint.join("(" + " OR ".join(f'"{word}"' for word in group) + ")" for group in groups)
    where = f"AND d.kind IN ({', '.join(['%s'] * len(kinds))})" if kinds else ""
    cursor.execute(
        "SELECT d.id, -bm25(search_fts, %s, %s, %s) AS rank FROM search_fts "  # noqa: S608 - placeholders only
        f"JOIN search_document d ON d.id = search_fts.rowid WHERE search_fts MATCH %s {where} "
        "ORDER BY rank DESC, d.id LIMIT %s",
        [TITLE, HEADINGS, TEXT, match, *kinds, limit],
    )
    return [(int(pk), float(rank)) for pk, rank in cursor.fetchall()]
