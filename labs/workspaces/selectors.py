"""Who may see what. `get_workspace_for` and `get_draft_for` decide it, and nothing else does.

Operators see every workspace, instructors those that they are members of; whoever does not teach (any more) sees none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from labs.content import Problem
from labs.sandboxes.jail import missing_layers
from labs.workspaces.kinds import KINDS, Kind
from labs.workspaces.models import Draft, ProofRun, Version, Workspace


def may_enter(user: Any) -> bool:
    """Return whether a person has anything to do in the Studio."""
    return bool(getattr(user, "teaches", False))


def may_write_code(user: Any) -> bool:
    """Return whether a person's own Python may be kept and judged.

    The judge runs it in a jail. Where the kernel has none (SANDBOX_JAIL=best goes on without), only those may who run
    this server anyway.
    """
    return bool(getattr(user, "operates", False)) or not missing_layers()


def workspaces_of(user: Any) -> QuerySet[Workspace]:
    """Return the workspaces that a person may enter, by name, each with `labs` and `live`, how many it has."""
    live = Count("drafts", filter=Q(drafts__published__isnull=False), distinct=True)
    return _workspaces(user).annotate(labs=Count("drafts", distinct=True), live=live).order_by("name", "pk")


def _workspaces(user: Any) -> QuerySet[Workspace]:
    if not may_enter(user):
        return Workspace.objects.none()
    if user.operates:
        return Workspace.objects.all()
    return Workspace.objects.filter(pk__in=Workspace.people.through.objects.filter(user=user).values("workspace"))


def get_workspace_for(user: Any, workspace_id: int) -> Workspace:
    """Return a workspace that a person may enter. Raises Http404."""
    found = _workspaces(user).filter(pk=workspace_id).first()
    if found is None:
        raise Http404("There is no such workspace.")
    return found


def drafts_of(workspace: Workspace) -> QuerySet[Draft]:
    """Return what is written in a workspace, by name."""
    return workspace.drafts.select_related("published", "edited_by").order_by("slug")


def get_draft_for(user: Any, slug: str, kind: str = "lab") -> Draft:
    """Return a draft of a workspace that a person may enter. Raises Http404."""
    found = Draft.objects.filter(kind=kind, slug=slug, workspace__in=_workspaces(user))
    draft = found.select_related("workspace", "published", "edited_by").first()
    if draft is None:
        raise Http404("There is no such draft.")
    return draft


def kind_of(draft: Draft) -> Kind:
    """Return what a draft is a draft of."""
    return KINDS[draft.kind]


def files_of(draft: Draft) -> dict[str, str]:
    """Return a draft's texts by file."""
    return dict(draft.files.order_by("name").values_list("name", "text"))


def findings_of(draft: Draft, files: Mapping[str, str]) -> list[Problem]:
    """Return all that is wrong with texts of a draft, and the warnings."""
    return kind_of(draft).lint(draft.slug, files)


# --- Proofs ---------------------------------------------------------------------------------------------------------


def latest_proof(draft: Draft) -> ProofRun | None:
    """Return the proof of a draft that was asked for last."""
    return draft.proofs.select_related("asked_by").order_by("-asked_at").first()


def proof_of_text(draft: Draft, revision: str) -> ProofRun | None:
    """Return a proof that found exactly this text to keep its promises."""
    return draft.proofs.filter(revision=revision, state=ProofRun.State.PROVEN).order_by("-asked_at").first()


def get_proof_for(user: Any, slug: str, proof_id: UUID) -> ProofRun:
    """Return a proof of a draft that a person may see. Raises Http404."""
    found = get_draft_for(user, slug).proofs.filter(pk=proof_id).select_related("draft", "asked_by").first()
    if found is None:
        raise Http404("There is no such proof.")
    return found


# --- Versions -------------------------------------------------------------------------------------------------------


def versions_of(draft: Draft) -> QuerySet[Version]:
    """Return what was published of a draft, the newest first."""
    return draft.versions.select_related("published_by").order_by("-number")


def get_version(draft: Draft, number: int) -> Version:
    """Return a version of a draft. Raises Http404."""
    found = draft.versions.filter(number=number).select_related("published_by").first()
    if found is None:
        raise Http404("There is no such version.")
    return found
