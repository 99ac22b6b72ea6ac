"""What the Studio's views have in common: who comes in, and what every page of a draft says."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from labs.models import Draft
from labs.web import View, person
from labs.web import act as signed_in_act
from labs.web import page as signed_in_page
from labs.workspaces import selectors


def _teaching(view: View) -> View:
    """Answer 404 to whoever does not teach: that there is a Studio is no concern of theirs."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not selectors.may_enter(person(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


def page(view: View) -> View:
    """Let only GET and HEAD of people through who teach."""
    return signed_in_page(_teaching(view))


def act(view: View) -> View:
    """Let only POST of people through who teach."""
    return signed_in_act(_teaching(view))


def about_draft(draft: Draft, at: str) -> dict[str, Any]:
    """Return what the head of each of a draft's pages needs; `at` is which one it is."""
    files = selectors.files_of(draft)
    found = selectors.findings_of(draft, files)
    revision = selectors.kind_of(draft).revision(files)
    proof = selectors.latest_proof(draft)
    return {
        "draft": draft,
        "workspace": draft.workspace,
        "at": at,
        "files": files,
        "findings": found,
        "mistakes": sum(not one.is_warning for one in found),
        "warnings": sum(one.is_warning for one in found),
        "revision": revision,
        "proof": proof,
        "proven": selectors.proof_of_text(draft, revision),
        "is_published": draft.published is not None and draft.published.revision == revision,
    }
