"""The Resources tab: what exists, and forms that change it. Who may look reads; only the owner of a session acts in it.

Reading is done with the grader's key and leaves no line in the API log; what a form saves is the learner's own calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from graders import BotoAccount
from labs import selectors, services
from labs.calllog import Why, why
from labs.explorer import api, commands, counting, showing
from labs.explorer.desk import Desk, Gone, calls_of, check, commands_of, first_form, open_desk, options_of, place_of
from labs.explorer.forms import PREFIX, Form
from labs.explorer.keeping import Kept
from labs.explorer.reading import find, list_service
from labs.explorer.registry import declared
from labs.models import LabSession
from labs.present import call_name
from labs.refusals import Refusal
from labs.sandboxes import Unavailable
from labs.web import act, page

_listings = Kept(64, seconds=2)
MOST_UPLOADED = 8 << 20
MOST_OPERATIONS = 400


# --- Looking --------------------------------------------------------------------------------------------------------


@page
def session_services(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the services: those of the lab and those with something in them first, with how much there is."""
    found = selectors.get_session_for(request.user, session_id)
    used = selectors.services_in_use(found)
    counts: Mapping[str, int | None] = {}
    if found.is_ready:
        try:
            counts = counting.counts(selectors.account_of(found), used, life=selectors.life_of(found))
        except Unavailable:
            counts = {}
    first, others = counting.in_order(used, counts)
    context = {"first": first, "others": others, "current": _current(request, found)}
    return render(request, "labs/explorer/_services.html", context)


@page
def session_resources(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what exists in one service."""
    found = selectors.get_session_for(request.user, session_id)
    current = _current(request, found)
    service = declared().get(current)
    context: dict[str, Any] = {
        "session": found,
        "current": current,
        "service": service,
        "may_act": _may_act(request, found),
    }
    context["title"] = service.title if service else (api.title(current) if current in api.served() else current)
    if service and found.is_ready:
        try:
            # Calls that change nothing have the page ask again, too: what was read a moment ago is good for them.
            context["listings"] = _listings.get(
                (selectors.life_of(found), service.id),
                lambda: list_service(selectors.account_of(found), service),
                good=lambda made: not any(one.failed for one in made),
            )
        except Unavailable:
            context["away"] = True
    return render(request, "labs/explorer/_list.html", context)


@page
def session_thing(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return one thing with all that is known of it."""
    found = selectors.get_session_for(request.user, session_id)
    service = declared().get(request.GET.get("service", ""))
    kind = service.kind(request.GET.get("kind", "")) if service else None
    if service is None or kind is None or not found.is_ready:
        raise Http404("There is no such thing.")
    thing_id = request.GET.get("thing", "")
    context: dict[str, Any] = {"session": found, "service": service, "kind": kind, "id": thing_id}
    context["may_act"] = _may_act(request, found)
    try:
        account = selectors.account_of(found)
        thing = find(account, service, kind, thing_id)
        context["drawer"] = showing.drawer(account, service, kind, thing) if thing else None
    except (BotoCoreError, ClientError, Unavailable):
        context["away"] = True
    return render(request, "labs/explorer/_thing.html", context)


@page
def session_operations(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the operations of a service whose names hold the words asked for."""
    found = selectors.get_own_session(request.user, session_id)
    service = request.GET.get("service", "")
    if service not in api.served():
        raise Http404("The sandbox has no such service.")
    words = request.GET.get("words", "").lower().split()
    names = [
        one for one in api.operations(service) if all(word in one.replace("_", "") or word in one for word in words)
    ]
    rows = [
        {
            "id": f"op-{one}",
            "name": api.operation(service, one).name,
            "played": api.is_played(service, one),
            "reads": api.reads(one),
        }
        for one in names[:MOST_OPERATIONS]
    ]
    title = declared()[service].title if service in declared() else api.title(service)
    context = {
        "session": found,
        "service": service,
        "title": title,
        "rows": rows,
        "words": request.GET.get("words", ""),
    }
    part = "_operation_rows.html" if "words" in request.GET else "_operations.html"
    return render(request, f"labs/explorer/{part}", context)


# --- Acting ---------------------------------------------------------------------------------------------------------


@page
def session_form(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the form of an action, filled with what is set."""
    found = _ready(request, session_id)
    account = selectors.account_of(found)
    try:
        desk = open_desk(account, place_of(request.GET), selectors.life_of(found))
    except Gone as gone:
        return render(request, "labs/explorer/_gone.html", {"gone": gone})
    except (BotoCoreError, ClientError, Unavailable) as error:
        raise services.Away from error
    return _form(request, found, desk, first_form(desk, account))


@act
def session_command(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the commands that do what stands in a form."""
    found = _ready(request, session_id)
    try:
        desk = open_desk(selectors.account_of(found), place_of(request.POST), selectors.life_of(found))
    except Gone:
        return render(request, "labs/explorer/_command.html", {"command": ""})
    except (BotoCoreError, ClientError, Unavailable) as error:
        raise services.Away from error
    return render(request, "labs/explorer/_command.html", {"command": commands_of(desk, _data(request))})


@act
def session_save(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Do what a form says: the learner's own calls."""
    found = _ready(request, session_id)
    account = selectors.account_of(found)
    try:
        desk = open_desk(account, place_of(request.POST), selectors.life_of(found))
        form = Form(desk.fields, _data(request), files=_files(request), options=options_of(account))
    except Gone as gone:
        return render(request, "labs/explorer/_gone.html", {"gone": gone})
    except (BotoCoreError, ClientError, Unavailable) as error:
        raise services.Away from error
    calls = check(desk, form)
    if not form.ok:
        return _form(request, found, desk, form, status=422)
    before = _ids(account, desk)
    saved = services.make_calls(session=found, calls=calls)
    if saved.fault:
        return _form(request, found, desk, form, saved=saved, status=422)
    new = _ids(selectors.account_of(found), desk) - before
    context = {
        "session": found,
        "desk": desk,
        "saved": saved,
        "command": commands.script(calls),
        "undo": ",".join(map(str, saved.changes)),
        "answers": [(one.call, showing.tree(one.answer, one.call.operation)) for one in saved.made],
        "new": new.pop() if len(new) == 1 else "",
    }
    if desk.kind and context["new"]:
        context["address"] = showing.address(desk.place.service, desk.kind.id, str(context["new"]))
    said = f"{desk.action.title}: done"
    events = {"explorer-saved": {"operation": desk.place.is_operation, "new": context["new"]}, "announce": said}
    return _triggering(render(request, "labs/explorer/_saved.html", context), events)


@act
def session_unsave(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Take back what was saved, the last call first."""
    found = _ready(request, session_id)
    numbers = [int(one) for one in request.POST.get("seq", "").split(",")[:20] if one.isdecimal() and len(one) < 10]
    done: list[str] = []
    for seq in numbers:
        last = selectors.last_change(found)
        try:
            services.undo_last(session=found, seq=seq, now=timezone.now())
        except Refusal:
            if not done:
                raise
            break
        done.append(call_name(last) if last else "a change")
    if not done:
        raise services.NothingToUndo
    said = f"Undone: {', '.join(done)}"
    return _triggering(
        render(request, "labs/explorer/_undone.html", {"said": said}), {"explorer-undone": {}, "announce": said}
    )


# --- What they share ------------------------------------------------------------------------------------------------


def _may_act(request: HttpRequest, session: LabSession) -> bool:
    return session.user_id == request.user.pk and session.is_ready


def _ready(request: HttpRequest, session_id: UUID) -> LabSession:
    found = selectors.get_own_session(request.user, session_id)
    if not found.is_ready:
        raise services.NotReady(found)
    return found


def _current(request: HttpRequest, session: LabSession) -> str:
    """Return the service that is open: the one asked for, or the lab's first."""
    asked = request.GET.get("service", "")
    if asked in declared() or asked in api.served():
        return asked
    own = counting.own_names(selectors.lab_of(session).services)
    return next((one for one in own if one in declared()), next(iter(declared()), ""))


def _form(
    request: HttpRequest, session: LabSession, desk: Desk, form: Form, *, saved: Any = None, status: int = 200
) -> HttpResponse:
    try:
        command = commands.script(calls_of(desk, form.values(strict=False)))
    except Exception:  # not all is typed yet
        command = ""
    context = {"session": session, "desk": desk, "form": form, "command": command, "saved": saved}
    if saved and saved.fault:
        context["undo"] = ",".join(map(str, saved.changes))
        context["why"] = _why(session, saved.fault.seq)
    response = render(request, "labs/explorer/_form.html", context, status=status)
    return _triggering(response, {"explorer-refused": {}}) if status == 422 else response


def _why(session: LabSession, seq: int | None) -> Why | None:
    """Return what the API log says of a refused call. In an exam AWS says what it says, and no more is said."""
    if seq is None or session.exam or not session.is_ready:
        return None
    try:
        return why(selectors.account_of(session), selectors.call_of(session, seq))
    except Unavailable:
        return None


def _data(request: HttpRequest) -> dict[str, list[str]]:
    return {name.removeprefix(PREFIX): request.POST.getlist(name) for name in request.POST if name.startswith(PREFIX)}


def _files(request: HttpRequest) -> Mapping[str, bytes]:
    found = {}
    for name, file in request.FILES.items():
        if name.startswith(PREFIX) and isinstance(file, UploadedFile) and (file.size or 0) <= MOST_UPLOADED:
            found[name.removeprefix(PREFIX).removesuffix(".file")] = file.read()
    return found


def _ids(account: BotoAccount, desk: Desk) -> set[str]:
    """Return the things of the form's kind, to see which one is new."""
    service = declared().get(desk.place.service)
    if service is None or desk.kind is None or not desk.action.new:
        return set()
    try:
        return {one.id for one in desk.kind.list(account)}
    except (BotoCoreError, ClientError):
        return set()


def _triggering(response: HttpResponse, events: Mapping[str, Any]) -> HttpResponse:
    response["HX-Trigger"] = json.dumps(events)
    return response
