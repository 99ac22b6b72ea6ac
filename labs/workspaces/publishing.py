"""Versions: what learners get. Each is made once and never changed; a session keeps the one that it began with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from labs.workspaces import refusals, selectors, sources
from labs.workspaces.models import Draft, ProofRun, Version

MOST_VERSIONS = 1000  # of a draft
MOST_REASON = 1000
LEAST_REASON = 10


def publish(*, draft: Draft, by: Any, revision: str, now: datetime, note: str = "", reason: str = "") -> Version:
    """Make the draft's text, which the person knew as `revision`, the lab that learners start from now on.

    :raises EditedMeanwhile: the draft is another text by now.
    :raises NotReadable: it has mistakes.
    :raises NotProven: no proof found exactly this text to keep its promises, and nobody who operates gave a `reason`.
    :raises NothingNew: it is what is published.
    :raises SlugTaken: the catalog has come to its name.
    :raises NoOwnChecks: it holds Python of its own, and there is no jail here.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update(of=("self",)).select_related("published", "edited_by").get(pk=draft.pk)
        files = selectors.files_of(draft)
        if selectors.kind_of(draft).revision(files) != revision:
            raise refusals.EditedMeanwhile(draft.edited_by.get_username() if draft.edited_by else "")
        if draft.published and draft.published.revision == revision:
            raise refusals.NothingNew
        _hold(draft, files, by)
        proof = selectors.proof_of_text(draft, revision)
        reason = reason.strip()[:MOST_REASON]
        if proof is None and not (by.operates and len(reason) >= LEAST_REASON):
            raise refusals.NotProven(by.operates)
        return _make(
            draft, files, by=by, now=now, note=note, proof=proof, unproven="" if proof else reason, revision=revision
        )


def publish_again(*, version: Version, by: Any, now: datetime) -> Version:
    """Go back: publish an old version again, as a new one. It was proven then, and keeps that proof.

    :raises NotReadable: the rules have changed since, and it breaks one.
    :raises NothingNew: it is what is published.
    :raises SlugTaken, NoOwnChecks: as `publish`.
    """
    with transaction.atomic():
        drafts = Draft.objects.select_for_update(of=("self",)).select_related("published")
        draft = drafts.get(pk=version.draft_id)
        if draft.published and draft.published.revision == version.revision:
            raise refusals.NothingNew
        _hold(draft, version.files, by)
        return _make(
            draft,
            version.files,
            by=by,
            now=now,
            note=version.note,
            proof=version.proof,
            unproven=version.unproven,
            again=version.number,
            revision=version.revision,
        )


def withdraw(*, draft: Draft) -> None:
    """Take a lab out of the catalog. Versions stay, and so do the sessions that are open."""
    Draft.objects.filter(pk=draft.pk).update(published=None)


def _hold(draft: Draft, files: Mapping[str, str], by: Any) -> None:
    """Hold what must be so whatever is published."""
    kind = selectors.kind_of(draft)
    if draft.slug in sources.CATALOG.slugs(kind):
        raise refusals.SlugTaken(draft.slug, "in the catalog by now")
    if kind.code & set(files) and not selectors.may_write_code(by):
        raise refusals.NoOwnChecks
    mistakes = [one for one in kind.lint(draft.slug, files) if not one.is_warning]
    if mistakes:
        raise refusals.NotReadable(len(mistakes), "published")


def _make(
    draft: Draft,
    files: Mapping[str, str],
    *,
    by: Any,
    now: datetime,
    note: str,
    proof: ProofRun | None,
    unproven: str,
    revision: str,
    again: int | None = None,
) -> Version:
    last = draft.versions.aggregate(last=Max("number"))["last"] or 0
    if last >= MOST_VERSIONS:
        raise refusals.TooMany(f"A lab has {MOST_VERSIONS} versions at most: copy it under another name.")
    made = Version.objects.create(
        draft=draft,
        number=last + 1,
        revision=revision,
        files=dict(files),
        note=" ".join(note.replace("\0", "").split())[:200],
        published_by=by,
        published_at=now,
        proof=proof,
        unproven=unproven.replace("\0", ""),
        again=again,
    )
    draft.published = made
    draft.save(update_fields=["published"])
    return made
