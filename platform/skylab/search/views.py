"""The page of search, and what the box suggests as one types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from skylab.search.selectors import search
from skylab.search.sources import KINDS

SUGGESTED = 8


@never_cache
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show what is found."""
    query = request.GET.get("q", "").strip()
    kinds = [one for one in request.GET.getlist("kind") if one in KINDS]
    context = {"query": query, "found": search(query, request.user, kinds), "kinds": KINDS, "chosen": kinds}
    return render(request, "search/results.html", context)


@never_cache
@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """Return what the box shows below itself."""
    found = search(request.GET.get("q", ""), request.user, limit=SUGGESTED, excerpt=False)
    hits = [
        {"url": one.url, "kind": one.label, "place": one.place, "title": one.title, "pieces": one.heading}
        for one in found.hits
    ]
    return JsonResponse({"hits": hits, "meant": found.meant})
