"""The pages of practice: what is due, and a drill, one item after the other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from courses import services
from courses.exams import mastery
from courses.selectors.practice import DrillPlace, DrillState, get_drill_for, practice
from courses.selectors.practice import drill_item as item_of_drill
from labs.web import fragment_wanted, page, person, signed_in


@page
def overview(request: HttpRequest) -> HttpResponse:
    """Show what is due, and how well each domain is mastered."""
    now = timezone.now()
    services.catch_up(user=person(request), now=now)
    context = {"practice": practice(request.user, now=now), "now": now, "mix": mastery.MIX, "length": mastery.DRILL}
    return render(request, "practice/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def start(request: HttpRequest) -> HttpResponse:
    """POST: begin a drill in a course, or in one domain of it. GET: there is nothing here; to the overview."""
    if request.method != "POST":
        return redirect("practice")
    course, domain = request.POST.get("course", ""), request.POST.get("domain", "")
    row = services.start_drill(user=person(request), course_slug=course, domain=domain, now=timezone.now())
    return redirect("drill", row.pk)


@page
def drill(request: HttpRequest, drill_id: UUID) -> HttpResponse:
    """Show the place that is asked for, else the first without an answer; after the last, what came of it."""
    state = get_drill_for(request.user, drill_id)
    place = _asked_for(request, state) or state.current
    if place is None:
        return render(request, "practice/result.html", {"state": state})
    return render(request, "practice/drill.html", _context(request, state, place, again=request.GET.get("again", "")))


@require_http_methods(["GET", "POST"])
@signed_in
def drill_item(request: HttpRequest, drill_id: UUID, item: str) -> HttpResponse:
    """POST: answer an item of a drill, and see why. GET: the item once more, to try again."""
    place = _place(get_drill_for(request.user, drill_id), item)
    back = f"{reverse('drill', args=[drill_id])}?place={place.number}"
    given: dict[str, list[str]] = {}
    problem = ""
    if request.method == "POST":
        given = dict(request.POST.lists())
        try:
            services.answer_drill(user=person(request), drill_id=drill_id, item_id=item, raw=given, now=timezone.now())
        except services.Malformed as error:
            if not fragment_wanted(request):
                raise
            problem = str(error)
    elif not fragment_wanted(request):
        return redirect(f"{back}&again={item}")
    if not fragment_wanted(request):
        return redirect(back)
    asked = item if problem or request.method == "GET" else ""
    state = get_drill_for(request.user, drill_id)
    context = _context(request, state, _place(state, item), again=asked)
    context |= {"given": given, "problem": problem, "fresh": request.method == "POST" and not problem}
    return render(request, "practice/_place.html", context | {"swap": True}, status=422 if problem else 200)


def _context(request: HttpRequest, state: DrillState, place: DrillPlace, *, again: str) -> dict[str, Any]:
    shown = item_of_drill(request.user, state, place.item)
    return {
        "drill": state,
        "course": state.course,
        "place": place,
        "state": shown,
        "item": shown.item,
        "answered": shown.answered,
        "again": again,
        "given": {},
        "action": reverse("drill_item", args=[state.drill.pk, place.item.id]),
    }


def _place(state: DrillState, item_id: str) -> DrillPlace:
    for place in state.places:
        if place.item.id == item_id:
            return place
    raise Http404("The drill has no such item.")


def _asked_for(request: HttpRequest, state: DrillState) -> DrillPlace | None:
    """Return the place that the address names, by its number or as the item to try again; one that is none is not there."""
    number, again = request.GET.get("place"), request.GET.get("again")
    if number is None and again is None:
        return None
    for place in state.places:
        if number == str(place.number) or (number is None and again == place.item.id):
            return place
    raise Http404("The drill has no such place.")
