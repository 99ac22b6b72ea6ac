"""The content of courses: Markdown and YAML in a catalog, read into frozen objects, checked with file and line."""

from courses.content.catalog import catalog_problems, load_catalog, load_course
from courses.content.model import Course, FurtherReading, Item, Lesson, Module, Reference, Text
from labs.content import ContentError, Problem

__all__ = [
    "ContentError",
    "Course",
    "FurtherReading",
    "Item",
    "Lesson",
    "Module",
    "Problem",
    "Reference",
    "Text",
    "catalog_problems",
    "load_catalog",
    "load_course",
]
