"""Versions: publish, compare, go back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from labs.studio.common import about_draft, act, page
from labs.web import person
from labs.workspaces import compare, publishing, selectors


@page
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what was published of a draft, and what publishing it now would change."""
    found = selectors.get_draft_for(person(request), slug)
    context = about_draft(found, "versions")
    context |= {
        "versions": selectors.versions_of(found),
        "least_reason": publishing.LEAST_REASON,
        "differs": compare.changes(found.published.files, context["files"]) if found.published else [],
    }
    return render(request, "studio/versions.html", context)


@act
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish a draft."""
    found = selectors.get_draft_for(person(request), slug)
    made = publishing.publish(
        draft=found,
        by=person(request),
        revision=request.POST.get("revision", "")[:64],
        note=request.POST.get("note", ""),
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, f"Version {made.number} is published: learners who start the lab now get it.")
    return redirect("studio_versions", slug)


@page
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show what differs between a version and another one, or the draft."""
    found = selectors.get_draft_for(person(request), slug)
    context = about_draft(found, "versions")
    one = selectors.get_version(found, number)
    to = request.GET.get("to", "draft")
    if to == "draft":
        other, name = context["files"], "the draft"
    elif to.isdecimal() and len(to) < 6:
        other, name = selectors.get_version(found, int(to)).files, f"version {to}"
    else:
        raise Http404
    context |= {
        "version": one,
        "to": to,
        "to_name": name,
        "versions": selectors.versions_of(found),
        "changes": compare.changes(one.files, other),
    }
    return render(request, "studio/version.html", context)


@act
def again(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Go back to a version: publish it again."""
    found = selectors.get_draft_for(person(request), slug)
    old = selectors.get_version(found, number)
    made = publishing.publish_again(version=old, by=person(request), now=timezone.now())
    messages.success(request, f"Version {number} is published again, as version {made.number}.")
    return redirect("studio_versions", slug)


@act
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a lab out of the catalog."""
    found = selectors.get_draft_for(person(request), slug)
    publishing.withdraw(draft=found)
    messages.success(request, "The lab is out of the catalog. Whoever has it open keeps it.")
    return redirect("studio_versions", slug)
