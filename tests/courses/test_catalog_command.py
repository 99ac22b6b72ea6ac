"""manage.py catalog: what is there, or what is wrong."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from .conftest import Catalog


def test_a_good_catalog_is_a_table_of_courses_and_labs(site: Catalog) -> None:
    out = StringIO()
    call_command("catalog", stdout=out)
    first, second = out.getvalue().splitlines()
    assert first.split() == ["buckets", "2", "lessons,", "3", "items,", "1", "labs", "Buckets"]
    assert second.startswith("private-bucket-one-reader")


def test_a_broken_one_is_its_problems_by_file_and_line(site: Catalog) -> None:
    site.replace("lessons/first.md", "minutes: 10", "minuts: 10")
    (site.labs / "private-bucket-one-reader" / "lab.md").write_text("---\ntitel: x\n---\n")
    err = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("catalog", stderr=err)
    assert ended.value.code == 1
    told = err.getvalue()
    assert "lessons/first.md:3: courses.E004 the key minuts is not known (did you mean minutes?)" in told
    assert "lab.md:2: labs.E" in told
    assert "errors in the catalog." in told
