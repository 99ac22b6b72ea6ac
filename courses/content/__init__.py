"""The content of courses: Markdown and YAML in a catalog, read into frozen objects, checked with file and line."""

from courses.content.blocks import RunBlock, Runnable, matches
from courses.content.catalog import (
    Catalog,
    catalog_lint,
    catalog_problems,
    catalog_warnings,
    load_catalog,
    load_course,
    whole_catalog,
)
from courses.content.exams import AttemptsPolicy, Domain, Exam, ExamLab, Section, drawable
from courses.content.figures import Figure
from courses.content.glossary import Term
from courses.content.model import Course, Fact, FurtherReading, Item, Lesson, Module, Reference, Sheet, Text
from labs.content import ContentError, Problem

__all__ = [
    "AttemptsPolicy",
    "Catalog",
    "ContentError",
    "Course",
    "Domain",
    "Exam",
    "ExamLab",
    "Fact",
    "Figure",
    "FurtherReading",
    "Item",
    "Lesson",
    "Module",
    "Problem",
    "Reference",
    "RunBlock",
    "Runnable",
    "Section",
    "Sheet",
    "Term",
    "Text",
    "catalog_lint",
    "catalog_problems",
    "catalog_warnings",
    "drawable",
    "load_catalog",
    "load_course",
    "matches",
    "whole_catalog",
]
