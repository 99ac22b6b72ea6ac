"""What the answers of many say about an exam and its items: classical test theory, in NumPy, without Django.

`sheet` what goes in and what comes out · `moments` the formulas on columns of numbers · `items` an item version ·
`whole` the exam · `flags` what an author should look at. docs/statistics.md says how to read each figure.
"""

from courses.exams.statistics.flags import FLAGS, TOO_FEW, Flag, flags_of
from courses.exams.statistics.items import analyse_item
from courses.exams.statistics.sheet import (
    QUINTILES,
    SCHEMA,
    Analysis,
    Column,
    ItemFigures,
    Option,
    OptionFigures,
    Sheet,
    WholeFigures,
)
from courses.exams.statistics.whole import BINS, analyse, analyse_whole

__all__ = [
    "BINS",
    "FLAGS",
    "QUINTILES",
    "SCHEMA",
    "TOO_FEW",
    "Analysis",
    "Column",
    "Flag",
    "ItemFigures",
    "Option",
    "OptionFigures",
    "Sheet",
    "WholeFigures",
    "analyse",
    "analyse_item",
    "analyse_whole",
    "flags_of",
]
