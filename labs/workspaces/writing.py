"""Workspaces, their members, and the drafts in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F

from labs.content import ContentError
from labs.workspaces import refusals, selectors, sources
from labs.workspaces.kinds import LAB, MOST_SLUG, SLUG, Files, Kind
from labs.workspaces.models import Draft, DraftFile, ProofRun, Workspace, WorkspaceMember

MOST_WORKSPACES = 30  # that one person has made
MOST_MEMBERS = 50
MOST_DRAFTS = 200  # in a workspace
MOST_NAME = 80
# PostgreSQL keeps no NUL, and a lone surrogate is no text.
_UNFIT = re.compile("[\x00\ud800-\udfff]")


# --- Workspaces and members -----------------------------------------------------------------------------------------


def make_workspace(*, by: Any, name: str, now: datetime) -> Workspace:
    """Make a workspace, with its maker as its first member.

    :raises Invalid: the name is empty, or cannot be kept.
    :raises TooMany: the person has made as many as one may.
    """
    name = _line(name, MOST_NAME, "the workspace's name")
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if Workspace.objects.filter(created_by=by).count() >= MOST_WORKSPACES:
            raise refusals.TooMany(f"You have made {MOST_WORKSPACES} workspaces, and that is as many as one may.")
        made = Workspace.objects.create(name=name, created_by=by, created_at=now)
        WorkspaceMember.objects.create(workspace=made, user=by, added_at=now)
    return made


def add_member(*, workspace: Workspace, username: str, now: datetime) -> Any:
    """Let somebody else who teaches write here, too; return them.

    :raises Invalid: there is nobody of that name who teaches.
    :raises TooMany: it has as many members as one may have.
    """
    found = get_user_model().objects.filter(username__iexact=username.strip()[:150], is_active=True).first()
    if found is None or not selectors.may_enter(found):
        # One sentence for both: whether somebody has an account here is nobody's business.
        raise refusals.Invalid("There is no instructor of that name.")
    if workspace.members.count() >= MOST_MEMBERS:
        raise refusals.TooMany(f"A workspace has {MOST_MEMBERS} members at most.")
    WorkspaceMember.objects.get_or_create(workspace=workspace, user=found, defaults={"added_at": now})
    return found


def remove_member(*, workspace: Workspace, user_id: int) -> None:
    """Let a member write here no more; what they wrote stays.

    :raises Invalid: it is the last one.
    """
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        if not workspace.members.exclude(user=user_id).exists():
            raise refusals.Invalid("This is the last member: add another one first.")
        workspace.members.filter(user=user_id).delete()


# --- Drafts ---------------------------------------------------------------------------------------------------------


def begin_draft(*, workspace: Workspace, by: Any, slug: str, title: str, now: datetime, kind: Kind = LAB) -> Draft:
    """Begin a piece of content from a template that can be proven as it stands.

    :raises NoSlug, SlugTaken, TooMany, Invalid: as `add_draft`.
    """
    files = kind.begin(_line(title, 120, "the title"))
    return add_draft(workspace=workspace, by=by, slug=slug, files=files, now=now, kind=kind)


def copy_to_workspace(
    *, workspace: Workspace, by: Any, original: str, slug: str, now: datetime, kind: Kind = LAB
) -> Draft:
    """Copy a lab of the catalog into a workspace, where it can be changed.

    :raises Invalid: there is no such lab in the catalog, or its files cannot be read.
    :raises NoSlug, SlugTaken, TooMany, NoOwnChecks: as `add_draft`.
    """
    try:
        files = sources.CATALOG.files(kind, original)
    except ContentError as error:
        raise refusals.Invalid(f"{original} cannot be read: {error.problems[0].message}.") from error
    if files is None:
        raise refusals.Invalid(f"There is no lab {original[:MOST_SLUG]} in the catalog.")
    return add_draft(workspace=workspace, by=by, slug=slug, files=files, now=now, kind=kind)


def add_draft(*, workspace: Workspace, by: Any, slug: str, files: Files, now: datetime, kind: Kind = LAB) -> Draft:
    """Put texts into a workspace, as a new draft.

    :raises NoSlug: the name cannot be one.
    :raises SlugTaken: the catalog or another draft has it.
    :raises TooMany: the workspace has as many drafts as one may have.
    :raises Invalid, TooLarge, NoOwnChecks: a file cannot be kept.
    """
    if len(slug) > MOST_SLUG or not SLUG.fullmatch(slug):
        raise refusals.NoSlug(
            f"A lab's name is of small letters, digits and single hyphens, begins with a letter and has {MOST_SLUG} "
            "characters at most: my-first-lab."
        )
    kept = _fit(by, kind, files)
    if where := sources.taken(kind, slug):
        raise refusals.SlugTaken(slug, where)
    try:
        with transaction.atomic():
            Workspace.objects.select_for_update().get(pk=workspace.pk)
            if workspace.drafts.count() >= MOST_DRAFTS:
                raise refusals.TooMany(f"A workspace has {MOST_DRAFTS} drafts at most.")
            draft = Draft.objects.create(
                workspace=workspace, kind=kind.name, slug=slug, edited_by=by, edited_at=now, created_at=now
            )
            _write(draft, kept)
    except IntegrityError:  # somebody else was as quick
        raise refusals.SlugTaken(slug, "in a workspace") from None
    return draft


def save_draft(*, draft: Draft, by: Any, files: Files, edits: int, now: datetime) -> Draft:
    """Keep a draft's texts as they are now; what is not among them is removed. Mistakes in them may be kept.

    :raises EditedMeanwhile: somebody saved after `edits`, the count that the writer knew.
    :raises Invalid, TooLarge, NoOwnChecks: a file cannot be kept.
    """
    kept = _fit(by, selectors.kind_of(draft), files, before=selectors.files_of(draft))
    with transaction.atomic():
        mine = Draft.objects.filter(pk=draft.pk, edits=edits)
        if not mine.update(edits=F("edits") + 1, edited_by=by, edited_at=now):
            draft.refresh_from_db()
            raise refusals.EditedMeanwhile(draft.edited_by.get_username() if draft.edited_by else "")
        _write(draft, kept)
    draft.refresh_from_db()
    return draft


def delete_draft(*, draft: Draft) -> None:
    """Throw a draft away that was never published.

    :raises HasVersions: it was.
    :raises ProofUnderWay: it is being proven.
    """
    with transaction.atomic():
        Draft.objects.select_for_update().get(pk=draft.pk)
        if draft.versions.exists():
            raise refusals.HasVersions
        if draft.proofs.filter(state__in=ProofRun.OPEN).exists():
            raise refusals.ProofUnderWay
        draft.delete()


def _write(draft: Draft, files: Files) -> None:
    draft.files.exclude(name__in=list(files)).delete()
    for name, text in files.items():
        DraftFile.objects.update_or_create(draft=draft, name=name, defaults={"text": text})


def _fit(by: Any, kind: Kind, files: Files, before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the files as they can be kept. A file that is empty is none, but for the main one."""
    kept: dict[str, str] = {}
    for name, text in files.items():
        if name not in kind.bounds:
            known = " and ".join(kind.bounds)
            raise refusals.Invalid(f"{name[:60]} is no file of a {kind.name}: there are {known}.")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if match := _UNFIT.search(text):
            line = text.count("\n", 0, match.start()) + 1
            raise refusals.Invalid(
                f"{name}, line {line}: the character U+{ord(match[0]):04X} cannot be kept; remove it."
            )
        if len(text.encode()) > kind.bounds[name]:
            raise refusals.TooLarge(name, kind.bounds[name])
        if text.strip() or name == kind.main:
            kept[name] = text
    if kind.main not in kept:
        raise refusals.Invalid(f"{kind.main} is missing.")
    code = {name: text for name, text in kept.items() if name in kind.code}
    if code and code != {name: (before or {}).get(name) for name in code} and not selectors.may_write_code(by):
        raise refusals.NoOwnChecks
    return kept


def _line(text: str, most: int, what: str) -> str:
    """Return a text on one line. Raises Invalid."""
    found = " ".join(_UNFIT.sub("", text).split())
    if not found or len(found) > most:
        raise refusals.Invalid(f"{what.capitalize()} has 1 to {most} characters.")
    return found
