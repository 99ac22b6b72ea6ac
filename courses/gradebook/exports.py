"""A gradebook as CSV and as a workbook. What people wrote is text there, whatever a spreadsheet would make of it."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import xlsxwriter

from courses.gradebook.selectors import Book

Value = str | Decimal | None
# What makes a spreadsheet take a cell for a formula, however wide or spaced it is written (OWASP, CSV injection).
_TRIGGERS: Final = frozenset("=+-@|%\t\r\n")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: where it might, with an apostrophe in front.

    Control characters are taken out: some programs begin a new cell at them.
    """
    cleaned = "".join(" " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text)
    bare = "".join(
        one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) not in ("Cf", "Zs", "Zl", "Zp")
    )
    first = bare[:1]
    if first in _TRIGGERS or unicodedata.category(first or "a") in ("Cc", "Pd", "Sm") or text[:1] in _TRIGGERS:
        return f"'{cleaned}"
    return cleaned


def lines(book: Book) -> Iterator[list[Value]]:
    """Yield the table: a line of titles, one of what full marks are worth, then one a learner."""
    yield ["Learner", "Name", "Total (%)", *(column.title for column in book.columns)]
    yield ["Points", "", None, *(column.points for column in book.columns)]
    for row in book.rows:
        name = row.user.get_full_name()
        cells: list[Value] = [one.points if one.points is not None else one.word for one in row.cells]
        yield [row.user.get_username(), name, row.total.percent, *cells]


def as_csv(book: Book) -> bytes:
    """Return the table as CSV (RFC 4180, UTF-8 with its mark, so that Excel reads it). Numbers are bare."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for line in lines(book):
        writer.writerow([harmless(one) if isinstance(one, str) else "" if one is None else f"{one:f}" for one in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(book: Book) -> bytes:
    """Return the table as a workbook: numbers are numbers, and every text is written as one."""
    out = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, safe) as workbook:
        sheet = workbook.add_worksheet("Grades")
        bold = workbook.add_format({"bold": True})
        number = workbook.add_format({"num_format": "0.00"})
        for at, line in enumerate(lines(book)):
            for place, one in enumerate(line):
                if isinstance(one, Decimal):
                    sheet.write_number(at, place, float(one), number)
                elif one:
                    sheet.write_string(at, place, harmless(one), bold if at == 0 else None)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 1, 20)
        sheet.set_column(2, 2 + len(book.columns), 14)
    return out.getvalue()
