"""Give a mended lab to those who are in the middle of it: look first, then push."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from courses.classes import pushes, who
from labs.selectors import get_lab
from labs.web import person, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def class_push(request: HttpRequest, cohort_id: UUID, slug: str) -> HttpResponse:
    """Show what would change for whom; on POST give it to them."""
    cohort = who.get_open_cohort_for(person(request), cohort_id)
    lab = get_lab(slug)
    if request.method == "POST":
        revision = request.POST.get("revision", "")
        given = pushes.push(cohort=cohort, slug=slug, revision=revision, actor=person(request), now=timezone.now())
        messages.success(request, f"{given} lab{'s' if given != 1 else ''} go on with the mended text.")
        return redirect("class_live", cohort.pk)
    return render(
        request, "classes/push.html", {"cohort": cohort, "tab": "", "lab": lab, "rows": pushes.older(cohort, lab)}
    )
