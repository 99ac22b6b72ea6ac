"""docs/fidelity.md: made of what is known, and up to date."""

from __future__ import annotations

import json

import pytest

from labs import fidelity
from labs.explorer import api, served
from labs.sandboxes.emulated.tool import botocore_model

NOTES = [(service, name) for service, operations in fidelity.notes().items() for name in operations]


@pytest.mark.parametrize(("service", "name"), NOTES)
def test_a_note_is_of_an_operation_that_aws_has(service: str, name: str) -> None:
    assert service in fidelity.services()
    assert name in botocore_model(service).operation_names
    note = fidelity.notes()[service][name]
    assert note.keys() == {"is", "note"} and note["is"] in ("partly", "not")
    assert bool(note["note"]) is (note["is"] == "partly")
    assert not note["note"].endswith(".")


def test_what_was_seen_are_operations_of_aws() -> None:
    seen = json.loads(fidelity.SEEN.read_text())
    for service, names in seen.items():
        assert set(names) <= set(botocore_model(service).operation_names), service
    assert {"CreateBucket", "PutObject"} <= set(seen["s3"]) and "PutMetricAlarm" in seen["cloudwatch"]


@pytest.mark.xdist_group("coverage")
def test_the_page_is_as_it_would_be_written() -> None:
    assert fidelity.PAGE.read_text() == fidelity.page(), "manage.py fidelity --write"


@pytest.mark.xdist_group("coverage")
def test_the_explorer_knows_what_is_played() -> None:
    """Of the page's services: what was found for that test is looked at once more."""
    written = json.loads(api.SERVED.read_text())
    for name, found in served.played(*fidelity.services()).items():
        assert written[name] == found, "python -m labs.explorer.served"
