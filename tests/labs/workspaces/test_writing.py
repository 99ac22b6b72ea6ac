"""Workspaces, members, drafts: who may, what is bounded, and whose name a name is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import Http404

from labs.content import own
from labs.models import Draft, Workspace
from labs.workspaces import refusals, selectors, sources, writing
from labs.workspaces.kinds import LAB
from tests.labs.workspaces.conftest import NOW

CHECKS = '''from graders import Account, check


@check(permissions=["s3:ListAllMyBuckets"])
def is_there(account: Account, *, bucket: str) -> None:
    """The bucket {bucket} is there."""
'''


def test_what_a_draft_begins_with_has_no_mistake(draft: Draft) -> None:
    assert selectors.findings_of(draft, selectors.files_of(draft)) == []
    assert LAB.parse(draft.slug, selectors.files_of(draft)).title == "Keep versions"


@pytest.mark.parametrize("title", ['He said "no": {a: b}', "back\\slash", "'", "# no comment", "{{ bucket }}"])
def test_no_title_breaks_out_of_its_line(shelf: Workspace, ada: Any, title: str) -> None:
    made = writing.begin_draft(workspace=shelf, by=ada, slug="titled", title=title, now=NOW)
    files = selectors.files_of(made)
    mistakes = {one.id for one in selectors.findings_of(made, files)}
    assert mistakes <= {"labs.E015"}  # braces are for the text below, and it says so
    if not mistakes:
        assert LAB.parse("titled", files).title == title


@pytest.mark.parametrize("slug", ["", "A", "x_y", "1st", "../etc", "a--b", "a" * 61, "a b", "ä", "a\n"])
def test_a_name_that_no_address_can_have_is_refused(shelf: Workspace, ada: Any, slug: str) -> None:
    with pytest.raises(refusals.NoSlug, match="small letters"):
        writing.begin_draft(workspace=shelf, by=ada, slug=slug, title="x", now=NOW)


@pytest.mark.parametrize("slug", ["two-buckets", "playground", "sessions"])
def test_a_name_of_the_catalog_is_refused_in_a_sentence(shelf: Workspace, ada: Any, slug: str) -> None:
    with pytest.raises(refusals.SlugTaken, match=f"There is a lab named {slug} in the catalog. Choose another name."):
        writing.begin_draft(workspace=shelf, by=ada, slug=slug, title="x", now=NOW)


def test_a_name_of_another_workspace_is_refused(draft: Draft, olga: Any) -> None:
    other = writing.make_workspace(by=olga, name="Other", now=NOW)
    with pytest.raises(refusals.SlugTaken, match="in a workspace"):
        writing.begin_draft(workspace=other, by=olga, slug=draft.slug, title="x", now=NOW)


def test_a_lab_of_the_catalog_is_copied_and_stays_as_it_is(shelf: Workspace, ada: Any) -> None:
    made = writing.copy_to_workspace(workspace=shelf, by=ada, original="two-buckets", slug="three-buckets", now=NOW)
    assert selectors.files_of(made) == sources.CATALOG.files(LAB, "two-buckets")
    assert not sources.CATALOG.writable
    for original in ("nothing", "../catalog/two-buckets", ""):
        with pytest.raises(refusals.Invalid, match="no lab"):
            writing.copy_to_workspace(workspace=shelf, by=ada, original=original, slug="four", now=NOW)


def test_who_saves_over_another_is_told(draft: Draft, ada: Any, rewrite: Callable[..., Draft]) -> None:
    knew = draft.edits
    rewrite(draft, "Keep versions", "Keep all versions")
    with pytest.raises(refusals.EditedMeanwhile, match="ada has saved"):
        writing.save_draft(draft=draft, by=ada, files={"lab.md": "x"}, edits=knew, now=NOW)
    assert "Keep all versions" in selectors.files_of(draft)["lab.md"]


def test_mistakes_may_be_kept_and_what_no_row_can_hold_may_not(draft: Draft, ada: Any) -> None:
    def save(**files: str) -> Draft:
        named = {name.replace("_", "."): text for name, text in files.items()}
        return writing.save_draft(draft=draft, by=ada, files=named, edits=draft.edits, now=NOW)

    save(lab_md="no lab\r\nat all\r")
    assert selectors.files_of(draft) == {"lab.md": "no lab\nat all\n"}
    with pytest.raises(refusals.Invalid, match=r"lab.md, line 2: the character U\+0000"):
        save(lab_md="a\n\0")
    with pytest.raises(refusals.TooLarge, match=r"lab.md is larger than 256 KiB"):
        save(lab_md="ä" * (130 * 1024))
    with pytest.raises(refusals.TooLarge, match=r"checks.py is larger than 64 KiB"):
        save(lab_md="x", checks_py="#" * (own.MAX_BYTES + 1))
    with pytest.raises(refusals.Invalid, match="is no file of a lab"):
        save(lab_md="x", setup_py="x")
    with pytest.raises(refusals.Invalid, match="is missing"):
        save(checks_py="x")


def test_an_empty_checks_file_is_none(draft: Draft, rewrite: Callable[..., Draft]) -> None:
    rewrite(draft, "x", "x", **{"checks.py": CHECKS})
    assert selectors.files_of(draft)["checks.py"] == CHECKS
    rewrite(draft, "x", "x", **{"checks.py": " \n"})
    assert set(selectors.files_of(draft)) == {"lab.md"}


def test_without_a_jail_only_an_operator_brings_python(
    draft: Draft, ada: Any, olga: Any, rewrite: Callable[..., Draft], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "missing_layers", lambda: ["landlock"])
    with pytest.raises(refusals.NoOwnChecks, match="no jail"):
        rewrite(draft, "x", "x", **{"checks.py": CHECKS})
    with pytest.raises(refusals.NoOwnChecks):
        files = {**selectors.files_of(draft), "checks.py": CHECKS}
        writing.add_draft(workspace=draft.workspace, by=ada, slug="brought", files=files, now=NOW)
    files = {**selectors.files_of(draft), "checks.py": CHECKS}
    writing.save_draft(draft=draft, by=olga, files=files, edits=draft.edits, now=NOW)
    rewrite(draft, "Keep versions", "Keep them all", **{"checks.py": CHECKS})  # what is there may stay
    with pytest.raises(refusals.NoOwnChecks):
        rewrite(draft, "x", "x", **{"checks.py": CHECKS + "\nimport os\n"})


def test_who_may_enter(shelf: Workspace, draft: Draft, ada: Any, bob: Any, olga: Any) -> None:
    slug = draft.slug
    stranger = type(ada).objects.create_user("ines", "ines@example.com", "x", role="instructor")
    for person, may in ((ada, True), (olga, True), (stranger, False), (bob, False)):
        assert (shelf in selectors.workspaces_of(person)) is may
        for get in (
            lambda who: selectors.get_workspace_for(who, shelf.pk),
            lambda who: selectors.get_draft_for(who, slug),
        ):
            if may:
                assert get(person)
            else:
                with pytest.raises(Http404):
                    get(person)


def test_a_member_who_teaches_no_more_is_out(shelf: Workspace, ada: Any) -> None:
    ada.role = "learner"
    ada.save()
    with pytest.raises(Http404):
        selectors.get_workspace_for(ada, shelf.pk)


def test_members_are_instructors_and_one_stays(shelf: Workspace, ada: Any, bob: Any, olga: Any) -> None:
    for name in ("bob", "nobody", ""):
        with pytest.raises(refusals.Invalid, match=r"There is no instructor of that name\."):
            writing.add_member(workspace=shelf, username=name, now=NOW)
    ines = type(ada).objects.create_user("ines", "ines@example.com", "x", role="instructor")
    writing.add_member(workspace=shelf, username="INES", now=NOW)
    assert selectors.get_workspace_for(ines, shelf.pk)
    writing.remove_member(workspace=shelf, user_id=ada.pk)
    with pytest.raises(Http404):
        selectors.get_workspace_for(ada, shelf.pk)
    with pytest.raises(refusals.Invalid, match="last member"):
        writing.remove_member(workspace=shelf, user_id=ines.pk)


def test_numbers_are_bounded(shelf: Workspace, ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_WORKSPACES", 1)
    monkeypatch.setattr(writing, "MOST_DRAFTS", 0)
    with pytest.raises(refusals.TooMany, match="1 workspaces"):
        writing.make_workspace(by=ada, name="Another", now=NOW)
    with pytest.raises(refusals.TooMany, match="0 drafts"):
        writing.begin_draft(workspace=shelf, by=ada, slug="one-more", title="x", now=NOW)
