"""Where words are kept and found: a module for each kind of database, with the same three functions.

    create(cursor)                              the tables, for the migration
    write(cursor, rows)                         replace all: (id, title words, headings' words, text's words)
    find(cursor, groups, kinds, limit)          [(id, rank)], the best first; a document has a word of each group

Ranks are comparable within one answer only; title > headings > text in both.
"""

from __future__ import annotations

from types import ModuleType

from django.db import connection

from skylab.search.backends import postgres, sqlite

_BY_VENDOR = {"sqlite": sqlite, "postgresql": postgres}


def backend(vendor: str = "") -> ModuleType:
    """Return the backend of the database in use."""
    return _BY_VENDOR[vendor or connection.vendor]
