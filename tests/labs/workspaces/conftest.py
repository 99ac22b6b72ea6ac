"""A workspace of Ada's, whose labs are proven by a double where a test is of something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labs.models import Draft, ProofRun, Workspace
from labs.workspaces import selectors, writing

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CATALOG = Path(__file__).parents[1] / "catalog"


@pytest.fixture(autouse=True)
def small_catalog(settings: Any) -> None:
    settings.LAB_CATALOG = CATALOG


@pytest.fixture
def shelf(ada: Any) -> Workspace:
    """A workspace that Ada made."""
    return writing.make_workspace(by=ada, name="Autumn class", now=NOW)


@pytest.fixture
def draft(shelf: Workspace, ada: Any) -> Draft:
    """A lab that reads as it should."""
    return writing.begin_draft(workspace=shelf, by=ada, slug="keep-versions", title="Keep versions", now=NOW)


@pytest.fixture
def proven(ada: Any) -> Callable[[Draft], ProofRun]:
    """Write down that the draft's text was proven."""

    def prove(draft: Draft) -> ProofRun:
        files = selectors.files_of(draft)
        return ProofRun.objects.create(
            workspace_id=draft.workspace_id,
            draft=draft,
            revision=selectors.kind_of(draft).revision(files),
            files=files,
            state=ProofRun.State.PROVEN,
            asked_by=ada,
            asked_at=NOW,
            finished_at=NOW,
        )

    return prove


@pytest.fixture
def rewrite(ada: Any) -> Callable[..., Draft]:
    """Change a draft's lab.md: rewrite(draft, "old", "new")."""

    def change(draft: Draft, old: str, new: str, **more: str) -> Draft:
        files = selectors.files_of(draft)
        assert old in files["lab.md"]
        files["lab.md"] = files["lab.md"].replace(old, new)
        return writing.save_draft(draft=draft, by=ada, files=files | more, edits=draft.edits, now=NOW)

    return change
