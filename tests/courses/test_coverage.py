"""What is taught where: a row for each id of the inventory, and what a lab says it covers is one of them."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from courses import coverage, selectors
from labs.content import load_catalog


def test_each_id_has_its_row_and_leads_to_what_teaches_it() -> None:
    course = selectors.get_course("aws-foundations")
    lesson = replace(course.lessons[0], covers=("S3-01", "S3-02"))
    lab = replace(load_catalog(settings.LAB_CATALOG)["rds-multi-az"], covers=("S3-02", "ZZ-99"))
    known = {"S3-01": "Objects | buckets", "S3-02": "Names", "S3-03": "Nobody teaches it"}
    found = coverage.rows(known, [replace(course, modules=(replace(course.modules[0], lessons=(lesson,)),))], [lab])
    assert [(row.id, len(row.lessons), row.items, len(row.labs)) for row in found] == [
        ("S3-01", 1, len(lesson.items), 0),
        ("S3-02", 1, len(lesson.items), 1),
        ("S3-03", 0, 0, 0),
    ]
    assert coverage.unknown(known, [lab]) == [f"{lab.path}: covers ZZ-99, which the inventory does not have"]
    page = coverage.page(found, settings.BASE_DIR)
    assert "2 of 3 ids are taught, 1 are practised in a lab." in page
    assert "| S3-01 | Objects \\| buckets |" in page
    assert "(../courses/catalog/aws-foundations/lessons/s3-access.md)" in page


def test_every_id_of_the_inventory_is_taught_and_the_page_says_where() -> None:
    """Mend: cover it in a lesson's front matter, then `manage.py catalog coverage --write`."""
    labs = list(load_catalog(settings.LAB_CATALOG).values())
    known = selectors.inventory()
    found = coverage.rows(known, selectors.catalog(), labs)
    assert [row.id for row in found if not row.lessons] == []
    assert coverage.unknown(known, labs) == []
    assert (settings.BASE_DIR / coverage.PAGE).read_text() == coverage.page(found, settings.BASE_DIR)
