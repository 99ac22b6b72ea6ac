"""Into a learner's work: a copy of their sandbox, and their calls one after the other."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from courses.classes import looks, who
from labs import selectors
from labs.calllog import again, changed, source_of
from labs.diagram import draw
from labs.models import ApiCall
from labs.web import act, page, person


@never_cache
@act
def class_look(request: HttpRequest, cohort_id: UUID, session_id: UUID) -> HttpResponse:
    """Look into a copy of a learner's sandbox: an act, as it is written down and told."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    session = looks.session_of(cohort, session_id)
    now = timezone.now()
    copy = looks.look(cohort=cohort, session=session, actor=person(request), now=now)
    context = {
        "cohort": cohort,
        "session": session,
        "lab": selectors.lab_of(session),
        "copy": copy,
        "drawing": draw(copy.sketch, across=3),
        "now": now,
    }
    return render(request, "classes/look.html", context)


@page
def class_steps(request: HttpRequest, cohort_id: UUID, session_id: UUID) -> HttpResponse:
    """Step through the calls of a learner in the present life of their sandbox: one at a time, or changes only."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    session = looks.session_of(cohort, session_id)
    only = "changes" if request.GET.get("only") == "changes" else ""
    rows = ApiCall.objects.filter(sandbox=session.sandbox_id, epoch=session.sandbox.epoch, source="learner")
    if only:
        rows = rows.filter(mutating=True, status__lt=400)
    seqs = list(rows.order_by("seq").values_list("seq", flat=True))
    text = request.GET.get("at", "")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    # The call that was asked for, or the one before it where it is left out; the first by default.
    at = max((place for place, seq in enumerate(seqs) if seq <= wanted), default=0)
    call = rows.defer("request").get(seq=seqs[at]) if seqs else None
    context = {
        "cohort": cohort,
        "session": session,
        "lab": selectors.lab_of(session),
        "call": call,
        "only": only,
        "place": at + 1,
        "count": len(seqs),
        "first": seqs[0] if seqs else 0,
        "last": seqs[-1] if seqs else 0,
        "before": seqs[at - 1] if at > 0 else 0,
        "after": seqs[at + 1] if at + 1 < len(seqs) else 0,
    }
    if call:
        context |= {
            "source": source_of(call),
            "changed": changed(call),
            "again": again(call, session.sandbox.region),
        }
        context["so_far"] = list(rows.defer("request").filter(seq__lte=call.seq).order_by("-seq")[:12])
    return render(request, "classes/steps.html", context)
