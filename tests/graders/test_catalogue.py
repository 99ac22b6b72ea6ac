"""The page of all checks is made from them."""

import io
from pathlib import Path

from django.core.management import call_command

from graders import registry
from graders.catalogue import as_markdown

PAGE = Path(__file__).parents[2] / "docs" / "check-catalogue.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == as_markdown(), "manage.py check_catalogue --write"


def test_the_command_prints_it():
    output = io.StringIO()
    call_command("check_catalogue", stdout=output)
    assert output.getvalue() == as_markdown()


def test_it_tells_all_that_an_author_needs():
    page = as_markdown()
    for name, check in registry.all().items():
        if name == "expect":
            continue
        section = page.partition(f"\n### {name}\n")[2].partition("\n##")[0]
        assert check.line in section
        assert "](https://docs.aws.amazon.com/" in section
        assert all(f"- `{one.name}`: " in section for one in check.parameters), name
        assert section.count("Acts. ") == check.acts
