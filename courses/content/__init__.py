"""The content of courses: Markdown and YAML in a catalog, read into frozen objects, checked with file and line."""

from courses.content.catalog import catalog_problems, catalog_warnings, load_catalog, load_course
from courses.content.exams import AttemptsPolicy, Domain, Exam, ExamLab, Section, drawable
from courses.content.model import Course, FurtherReading, Item, Lesson, Module, Reference, Text
from labs.content import ContentError, Problem

__all__ = [
    "AttemptsPolicy",
    "ContentError",
    "Course",
    "Domain",
    "Exam",
    "ExamLab",
    "FurtherReading",
    "Item",
    "Lesson",
    "Module",
    "Problem",
    "Reference",
    "Section",
    "Text",
    "catalog_problems",
    "catalog_warnings",
    "drawable",
    "load_catalog",
    "load_course",
]
