"""The workspaces: a list of them, and what is in one."""

from __future__ import annotations

from io import BytesIO

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from labs.content import load_catalog
from labs.models import Draft
from labs.studio.common import act, page
from labs.web import person
from labs.workspaces import archives, refusals, selectors, writing
from labs.workspaces.kinds import LAB


@page
def studio(request: HttpRequest) -> HttpResponse:
    """Show the workspaces that one may enter."""
    return render(request, "studio/studio.html", {"workspaces": selectors.workspaces_of(person(request))})


@act
def workspace_new(request: HttpRequest) -> HttpResponse:
    """Make a workspace."""
    made = writing.make_workspace(by=person(request), name=request.POST.get("name", ""), now=timezone.now())
    return redirect("studio_workspace", made.pk)


@page
def workspace(request: HttpRequest, workspace_id: int) -> HttpResponse:
    """Show what is written in a workspace, who writes there, and how to begin something."""
    found = selectors.get_workspace_for(person(request), workspace_id)
    context = {
        "workspace": found,
        "drafts": selectors.drafts_of(found),
        "members": found.members.select_related("user").order_by("user__username"),
        "catalog": sorted(load_catalog(LAB.catalog()).values(), key=lambda lab: lab.title.lower()),
    }
    return render(request, "studio/workspace.html", context)


@act
def member_add(request: HttpRequest, workspace_id: int) -> HttpResponse:
    """Let somebody else write here."""
    found = selectors.get_workspace_for(person(request), workspace_id)
    added = writing.add_member(workspace=found, username=request.POST.get("username", ""), now=timezone.now())
    messages.success(request, f"{added.get_username()} may write here now.")
    return redirect("studio_workspace", found.pk)


@act
def member_remove(request: HttpRequest, workspace_id: int) -> HttpResponse:
    """Let somebody write here no more."""
    found = selectors.get_workspace_for(person(request), workspace_id)
    user_id = request.POST.get("user", "")
    writing.remove_member(workspace=found, user_id=int(user_id) if user_id.isdecimal() and len(user_id) < 18 else 0)
    if selectors.workspaces_of(person(request)).filter(pk=found.pk).exists():
        return redirect("studio_workspace", found.pk)
    return redirect("studio")


@act
def begin(request: HttpRequest, workspace_id: int) -> HttpResponse:
    """Begin a lab."""
    found = selectors.get_workspace_for(person(request), workspace_id)
    slug, title = request.POST.get("slug", "").strip(), request.POST.get("title", "")
    return _to(writing.begin_draft(workspace=found, by=person(request), slug=slug, title=title, now=timezone.now()))


@act
def copy(request: HttpRequest, workspace_id: int) -> HttpResponse:
    """Copy a lab of the catalog."""
    found = selectors.get_workspace_for(person(request), workspace_id)
    original, slug = request.POST.get("original", ""), request.POST.get("slug", "").strip()
    return _to(
        writing.copy_to_workspace(workspace=found, by=person(request), original=original, slug=slug, now=timezone.now())
    )


@act
def bring_in(request: HttpRequest, workspace_id: int) -> HttpResponse:
    """Make a lab of a zip."""
    found = selectors.get_workspace_for(person(request), workspace_id)
    file = request.FILES.get("file")
    if file is None:
        raise refusals.Invalid("Choose a zip file first.")
    slug = request.POST.get("slug", "").strip()
    return _to(
        archives.import_draft(
            workspace=found,
            by=person(request),
            file=BytesIO(file.read(archives.LIMITS.packed + 1)),
            slug=slug,
            now=timezone.now(),
        )
    )


def _to(draft: Draft) -> HttpResponse:
    return redirect("studio_draft", draft.slug)
