"""The statistics of an exam, for who teaches: all items, one item with its versions, CSV files; and having them computed.

Nothing here needs a script: tables are sorted and filtered by the address.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.exams.statistics import FLAGS, TOO_FEW, ItemFigures, picks, pictures, tables
from courses.exams.statistics.flags import is_dead, misleads
from courses.selectors import statistics as selectors
from courses.services import statistics as services
from labs.markdown import render as markdown
from labs.markdown import render_inline
from labs.web import page, person, signed_in

Key = Callable[[ItemFigures], Any]

# Columns that the table may be sorted by: name in the address, head, what it sorts by, whether it is a number.
COLUMNS: dict[str, tuple[str, Key, bool]] = {
    "item": ("Item", lambda one: one.item_id, False),
    "type": ("Type", lambda one: one.type, False),
    "n": ("n", lambda one: one.n, True),
    "facility": ("Facility", lambda one: one.facility, True),
    "sd": ("SD", lambda one: one.sd, True),
    "discrimination": ("Discrimination", lambda one: one.discrimination, True),
    "efficiency": ("Efficiency", lambda one: one.efficiency, True),
    "alpha": ("α if deleted", lambda one: one.alpha_deleted, True),
    "omitted": ("Omitted", lambda one: one.omitted / one.n if one.n else None, True),
    "time": ("Median time", lambda one: one.seconds_median, True),
    "flags": ("Look at", lambda one: -_gravity(one), False),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def statistics(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: the figures of an exam and of its items. POST: have them computed anew."""
    about = selectors.exam_for_staff(person(request), slug)
    if request.method == "POST":
        services.request(slug=slug, now=timezone.now())
        messages.info(request, "The figures are being computed. Reload this page in a few seconds.")
        return redirect("exam_statistics", slug)
    found = selectors.kept(slug)
    context: dict[str, Any] = {"about": about, "sat": selectors.sat(slug), "kept": found, "too_few": TOO_FEW}
    if found and found.n:
        whole = found.analysis.whole
        chosen = [one for one in found.analysis.items if _wanted(one, request.GET)]
        sort, reverse = _order(request.GET)
        stems = selectors.stems(found.analysis)
        context |= {
            "whole": whole,
            "histogram": pictures.histogram(whole.histogram, about.pass_mark),
            "map": pictures.item_map(found.analysis),
            "rows": [{"item": one, "stem": stems.get(one.revision, "")} for one in _sorted(chosen, sort, reverse)],
            "heads": [_head(request, name, sort, reverse) for name in COLUMNS],
            "total": len(found.analysis.items),
            "flagged": _flag_counts(found.analysis.items),
            "flags": FLAGS,
            "filters": _filters(request, found.analysis.items, about),
            "kept_sort": {"sort": request.GET.get("sort", ""), "order": request.GET.get("order", "")},
        }
    return render(request, "exams/statistics.html", context)


@never_cache
@page
def statistics_item(request: HttpRequest, slug: str, item_id: str) -> HttpResponse:
    """Show an item: each version that was answered, its options, who picked them."""
    about = selectors.exam_for_staff(person(request), slug)
    found = selectors.kept(slug)
    mine = [one for one in found.analysis.items if one.item_id == item_id] if found else []
    if not found or not mine:
        raise Http404(f"There are no figures of {item_id}.")
    versions = selectors.versions_of(slug, found.analysis, item_id)
    shown = [_version(number, one, versions[one.revision]) for number, one in enumerate(mine, start=1)]
    context = {
        "about": about,
        "kept": found,
        "item_id": item_id,
        "versions": shown,
        "flags": FLAGS,
        "fifths": range(1, 6),
    }
    return render(request, "exams/statistics_item.html", context)


@never_cache
@page
def statistics_csv(request: HttpRequest, slug: str, shape: str) -> HttpResponse:
    """Give the figures of all items as a file: wide (a row an item version) or long (a row a figure)."""
    selectors.exam_for_staff(person(request), slug)
    found = selectors.kept(slug)
    if not found:
        raise Http404("There are no figures yet.")
    name = f"{slug}-statistics-{found.computed_at:%Y-%m-%d}-{shape}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    response.write("\ufeff")  # spreadsheets take it for another encoding without
    rows = tables.wide(found.analysis) if shape == "wide" else tables.long(found.analysis)
    csv.writer(response).writerows(rows)
    return response


# --- The table ------------------------------------------------------------------------------------------------------


def _gravity(one: ItemFigures) -> int:
    """Return how much an item wants to be looked at: graver flags weigh more than any number of others."""
    return sum(len(FLAGS) if FLAGS[name].grave else 1 for name in one.flags if name != "too-few")


def _order(query: Any) -> tuple[str, bool]:
    """Return what to sort by, and whether the greatest comes first. Nonsense in an address is the usual order."""
    sort = query.get("sort", "")
    return (sort, query.get("order") == "down") if sort in COLUMNS else ("flags", False)


def _sorted(rows: Sequence[ItemFigures], sort: str, reverse: bool) -> list[ItemFigures]:
    """Sort; n/a comes last whichever way, and equals by item and version."""
    key = COLUMNS[sort][1]
    known = [one for one in rows if key(one) is not None]
    return [*sorted(known, key=key, reverse=reverse), *(one for one in rows if key(one) is None)]


def _head(request: HttpRequest, name: str, sort: str, reverse: bool) -> dict[str, Any]:
    title, _, number = COLUMNS[name]
    current = name == sort
    query = request.GET.copy()
    query["sort"], query["order"] = name, "down" if current and not reverse else "up"
    return {
        "title": title,
        "number": number,
        "url": "?" + query.urlencode(),
        "sorted": ("descending" if reverse else "ascending") if current else "",
    }


def _wanted(one: ItemFigures, query: Any) -> bool:
    flag, kind, domain, words = (query.get(name, "") for name in ("flag", "type", "domain", "q"))
    return (
        (not flag or flag in one.flags or (flag == "any" and _gravity(one) > 0) or (flag == "none" and not one.flags))
        and (not kind or kind == one.type)
        and (not domain or domain == one.domain)
        and words.strip().lower() in one.item_id.lower()
    )


def _filters(request: HttpRequest, rows: Sequence[ItemFigures], about: selectors.About) -> list[dict[str, Any]]:
    """Return the fields of the filter, each with its choices (value, words, whether it is chosen)."""
    flags = [("any", "Any"), ("none", "None"), *((flag.name, flag.title) for flag in FLAGS.values())]
    types = [(kind, kind) for kind in sorted({one.type for one in rows})]
    domains = [(name, about.domains.get(name, name)) for name in sorted({one.domain for one in rows if one.domain})]
    return [
        {
            "name": name,
            "title": title,
            "choices": [(value, words, request.GET.get(name) == value) for value, words in [("", "All"), *choices]],
        }
        for name, title, choices in (("flag", "Flag", flags), ("type", "Type", types), ("domain", "Domain", domains))
    ]


def _flag_counts(rows: Sequence[ItemFigures]) -> list[dict[str, Any]]:
    counts = [(flag, sum(flag.name in one.flags for one in rows)) for flag in FLAGS.values()]
    return [
        {"flag": flag, "count": count, "url": "?" + urlencode({"flag": flag.name})} for flag, count in counts if count
    ]


# --- An item --------------------------------------------------------------------------------------------------------


def _version(number: int, item: ItemFigures, version: selectors.Version) -> dict[str, Any]:
    prefix = f"v{number}-"
    options = [
        {
            "letter": pictures.letter(at),
            "text": render_inline(picks.label_of(version.spec, one.id), prefix=f"{prefix}o{at}-")
            if version.type not in ("text", "number")
            else one.id,  # what candidates typed is no Markdown
            "figures": one,
            "dead": is_dead(one, item),
            "misleads": misleads(one, item),
        }
        for at, one in enumerate(item.options)
    ]
    return {
        "number": number,
        "item": item,
        "kept_at": version.kept_at,
        "stem": markdown(version.stem, top=4, prefix=prefix),
        "options": options,
        "typed": version.type in ("text", "number", "ordering"),
        "facility": pictures.facility_by_fifth(item),
        "lines": pictures.options_by_fifth(item) if any(one.count for one in item.options) else None,
    }
