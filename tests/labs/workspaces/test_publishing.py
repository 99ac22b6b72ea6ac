"""What is published is found as a lab of the catalog is; a session keeps its version; going back is a new version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404

from labs import selectors as labs
from labs import services
from labs.models import Draft, ProofRun, Version
from labs.workspaces import publishing, refusals, selectors, writing
from labs.workspaces.published import published_lab
from tests.labs.workspaces.conftest import NOW

Proven = Callable[[Draft], ProofRun]


def text_of(draft: Draft) -> str:
    return selectors.kind_of(draft).revision(selectors.files_of(draft))


@pytest.fixture
def publish(ada: Any, proven: Proven) -> Callable[[Draft], Version]:
    def make(draft: Draft) -> Version:
        proven(draft)
        return publishing.publish(draft=draft, by=ada, revision=text_of(draft), now=NOW)

    return make


def test_a_draft_is_nobodys_lab_until_it_is_published(draft: Draft, bob: Any, publish: Callable[..., Version]) -> None:
    assert [lab.slug for lab in labs.catalog()] == ["two-buckets"]
    with pytest.raises(Http404):
        services.start_session(user=bob, slug=draft.slug, now=NOW)
    publish(draft)
    assert [lab.slug for lab in labs.catalog()] == ["keep-versions", "two-buckets"]
    assert services.start_session(user=bob, slug=draft.slug, now=NOW).points == 5


def test_a_running_session_keeps_its_version(
    draft: Draft, bob: Any, eve: Any, publish: Callable[..., Version], rewrite: Callable[..., Draft]
) -> None:
    publish(draft)
    began = services.start_session(user=bob, slug=draft.slug, now=NOW)
    publish(rewrite(draft, "points=5", "points=9"))
    later = services.start_session(user=eve, slug=draft.slug, now=NOW)
    assert (labs.lab_of(began).points, labs.lab_of(later).points) == (5, 9)
    publishing.withdraw(draft=draft)
    assert labs.lab_of(began).points == 5
    with pytest.raises(Http404):
        labs.get_lab(draft.slug)


def test_going_back_is_publishing_an_old_version_again(
    draft: Draft, ada: Any, publish: Callable[..., Version], rewrite: Callable[..., Draft]
) -> None:
    first = publish(draft)
    publish(rewrite(draft, "points=5", "points=9"))
    third = publishing.publish_again(version=first, by=ada, now=NOW)
    assert (third.number, third.again, third.files, third.proof) == (3, 1, first.files, first.proof)
    assert labs.get_lab(draft.slug).points == 5
    assert "points=9" in selectors.files_of(draft)["lab.md"]  # the draft goes on as it is
    with pytest.raises(refusals.NothingNew):
        publishing.publish_again(version=first, by=ada, now=NOW)


def test_exactly_this_text_must_be_proven(
    draft: Draft, ada: Any, proven: Proven, rewrite: Callable[..., Draft]
) -> None:
    proven(draft)
    draft = rewrite(draft, "Say what", "Say again what")
    with pytest.raises(refusals.NotProven, match="Exactly this text was not proven yet") as told:
        publishing.publish(draft=draft, by=ada, revision=text_of(draft), now=NOW, reason="I am in a hurry, really")
    assert "operator" not in str(told.value)
    assert published_lab(draft.slug) is None


def test_an_operator_may_with_a_reason_that_is_kept(draft: Draft, olga: Any) -> None:
    with pytest.raises(refusals.NotProven, match="As an operator"):
        publishing.publish(draft=draft, by=olga, revision=text_of(draft), now=NOW, reason="short")
    reason = "The sandbox cannot play this service yet."
    made = publishing.publish(draft=draft, by=olga, revision=text_of(draft), now=NOW, reason=reason)
    assert (made.unproven, made.proof) == (reason, None)


def test_what_does_not_read_is_not_published(
    draft: Draft, olga: Any, proven: Proven, rewrite: Callable[..., Draft]
) -> None:
    draft = rewrite(draft, "level: guided", "level: gided")
    proven(draft)
    with pytest.raises(refusals.NotReadable, match="It has a mistake, so it cannot be published"):
        publishing.publish(draft=draft, by=olga, revision=text_of(draft), now=NOW, reason="operators may not, either")


def test_what_somebody_else_changed_meanwhile_is_not_published(
    draft: Draft, ada: Any, proven: Proven, rewrite: Callable[..., Draft]
) -> None:
    seen = text_of(draft)
    proven(rewrite(draft, "points=5", "points=9"))
    with pytest.raises(refusals.EditedMeanwhile):
        publishing.publish(draft=draft, by=ada, revision=seen, now=NOW)


def test_the_catalog_wins_where_it_comes_to_a_name(
    draft: Draft,
    ada: Any,
    publish: Callable[..., Version],
    settings: Any,
    tmp_path: Path,
    rewrite: Callable[..., Draft],
) -> None:
    publish(draft)
    settings.LAB_CATALOG = tmp_path
    (tmp_path / draft.slug).mkdir()
    text = selectors.files_of(draft)["lab.md"].replace("points=5", "points=7")
    (tmp_path / draft.slug / "lab.md").write_text(text)
    assert labs.get_lab(draft.slug).points == 7
    assert [lab.points for lab in labs.catalog()] == [7]
    rewrite(draft, "points=5", "points=9")
    with pytest.raises(refusals.SlugTaken, match="in the catalog by now"):
        publish(draft)


def test_a_version_that_can_be_read_no_more_is_left_out(draft: Draft, publish: Callable[..., Version]) -> None:
    made = publish(draft)
    Version.objects.filter(pk=made.pk).update(files={"lab.md": "of an older format"}, revision="f" * 64)
    assert published_lab(draft.slug) is None
    assert [lab.slug for lab in labs.catalog()] == ["two-buckets"]


def test_what_was_published_is_not_thrown_away(draft: Draft, publish: Callable[..., Version]) -> None:
    publish(draft)
    with pytest.raises(refusals.HasVersions):
        writing.delete_draft(draft=draft)


def test_without_a_jail_python_is_published_by_operators_alone(
    draft: Draft, ada: Any, olga: Any, proven: Proven, rewrite: Callable[..., Draft], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = rewrite(draft, "x", "x", **{"checks.py": "A = 1\n"})
    proven(draft)
    monkeypatch.setattr(selectors, "missing_layers", lambda: ["seccomp"])
    with pytest.raises(refusals.NoOwnChecks):
        publishing.publish(draft=draft, by=ada, revision=text_of(draft), now=NOW)
    made = publishing.publish(draft=draft, by=olga, revision=text_of(draft), now=NOW)
    with pytest.raises(refusals.NoOwnChecks):
        publishing.withdraw(draft=draft)
        publishing.publish_again(version=made, by=ada, now=NOW)
