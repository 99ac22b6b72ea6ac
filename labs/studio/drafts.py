"""A draft: its text, what is wrong with it, how it looks to a learner."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from graders import registry
from labs import islands, present
from labs.content import ContentError, Problem, Task, bind, draw, json_schema
from labs.content.lexer import KINDS
from labs.models import Draft
from labs.refusals import Refusal
from labs.selectors import TaskState
from labs.studio.common import about_draft, act, page
from labs.studio.proofs import begin_proof
from labs.web import person
from labs.workspaces import archives, refusals, selectors, writing
from labs.workspaces.kinds import LAB

EXPECT = ("call", "with", "that", "is", "contains", "at_least", "at_most", "matches", "exists", "because")


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a draft to write in; keep what was written."""
    view: Any = _save if request.method == "POST" else _show
    answer: HttpResponse = view(request, slug)
    return answer


@page
def _show(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, selectors.get_draft_for(person(request), slug))


def _page(request: HttpRequest, found: Draft, refused: Refusal | None = None) -> HttpResponse:
    context = about_draft(found, "write")
    edits = found.edits
    if refused is not None:  # what was written is not lost
        context["files"] = _written(request)
        context["refused"] = refused
        sent = request.POST.get("edits", "")
        edits = int(sent) if sent.isdecimal() and len(sent) < 10 else 0
    context |= {
        "edits": edits,
        "built": islands.built(),
        "nonce": str(getattr(request, "csp_nonce", "")),  # for the style sheets that CodeMirror makes
        "why_not": islands.why_not(),
        "may_write_code": selectors.may_write_code(person(request)),
        "problems": [_problem(one) for one in context["findings"]],
    }
    response = render(request, "studio/draft.html", context, status=refused.status if refused else 200)
    return response


@act
def _save(request: HttpRequest, slug: str) -> HttpResponse:
    found = selectors.get_draft_for(person(request), slug)
    sent = request.POST.get("edits", "")
    edits = int(sent) if sent.isdecimal() and len(sent) < 10 else 0
    try:
        found = writing.save_draft(
            draft=found, by=person(request), files=_written(request), edits=edits, now=timezone.now()
        )
    except Refusal as refused:
        return _page(request, found, refused)
    then = request.POST.get("then", "")
    if then == "test":
        return begin_proof(request, found)
    if then == "preview":
        return redirect("studio_preview", slug)
    messages.success(request, "Saved.")
    return redirect("studio_draft", slug)


def _written(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in LAB.bounds if name in request.POST}


@act
def lint(request: HttpRequest, slug: str) -> HttpResponse:
    """Return what is wrong with a text that is being written. Nothing is kept."""
    found = selectors.get_draft_for(person(request), slug)
    files = {name: text.replace("\r\n", "\n") for name, text in _written(request).items() if text.strip()}
    for name, text in files.items():
        if len(text.encode(errors="replace")) > LAB.bounds[name]:
            raise refusals.TooLarge(name, LAB.bounds[name])
    return JsonResponse({"findings": [_problem(one) for one in selectors.findings_of(found, files)]})


def _problem(one: Problem) -> dict[str, Any]:
    return {
        "file": one.path.rpartition("/")[2],
        "line": one.line,
        "id": one.id,
        "message": one.message,
        "hint": one.hint,
        "warning": one.is_warning,
    }


@page
@cache_control(private=True, max_age=300)
def words(request: HttpRequest) -> HttpResponse:
    """Return the words that the editor completes: keys of the front matter, blocks, checks and their parameters."""
    checks = [
        {
            "name": one.name,
            "line": one.line,
            "parameters": [{"name": each.name, "required": each.required} for each in one.parameters],
        }
        for one in registry.all().values()
        if one.name != "expect"
    ]
    return JsonResponse({"schema": json_schema(), "blocks": KINDS, "expect": EXPECT, "checks": checks})


# --- As a learner sees it -------------------------------------------------------------------------------------------


@page
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the draft as a learner sees it, its names drawn for a seed."""
    found = selectors.get_draft_for(person(request), slug)
    context = about_draft(found, "preview")
    seed = request.GET.get("seed", "").strip()[:32] or "1"
    try:
        lab = LAB.parse(found.slug, context["files"])
    except ContentError:
        return render(request, "studio/preview.html", context | {"seed": seed})
    values = draw(lab, seed)
    bound = bind(lab, {**values, "account_id": "123456789012", "region": lab.region})
    context |= {
        "lab": bound,
        "intro": present.intro(bound),
        "tasks": present.cards(bound, [_untouched(task) for task in bound.tasks]),
        "values": values,
        "seed": seed,
        "other_seed": secrets.randbelow(9_000) + 1_000,
    }
    return render(request, "studio/preview.html", context)


def _untouched(task: Task) -> TaskState:
    """Return a task as nobody has touched it, with all its hints: who writes them wants to see them."""
    return TaskState(task, None, None, 0.0, task.points, hints_shown=tuple(hint.text for hint in task.hints))


# --- Out and away ---------------------------------------------------------------------------------------------------


@page
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the draft as a zip."""
    found = selectors.get_draft_for(person(request), slug)
    data = archives.export_files(found.slug, selectors.files_of(found))
    headers = {"Content-Disposition": f'attachment; filename="{found.slug}.zip"'}
    return HttpResponse(data, content_type="application/zip", headers=headers)


@act
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Throw a draft away that was never published."""
    found = selectors.get_draft_for(person(request), slug)
    shelf = found.workspace_id
    writing.delete_draft(draft=found)
    messages.success(request, f"{slug} was thrown away.")
    return redirect("studio_workspace", shelf)
