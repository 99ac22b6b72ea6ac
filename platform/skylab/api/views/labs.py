"""Labs, the sessions in them, and what was found of their tasks. A lab that is part of an exam is none of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labs import present, selectors, services
from labs.models import Grading as GradingRow
from labs.models import LabSession
from skylab.api import shapes
from skylab.api.views.base import endpoint, listed, rows


class Labs(APIView):
    @endpoint("list_labs", shapes.LabRow, many=True, tag="labs")
    def get(self, request: Request) -> Response:
        """The catalog of labs, with their tasks' titles."""
        return listed(request, selectors.catalog(), lambda one: one.slug, shapes.LabRow, present.sample)


class Lab(APIView):
    @endpoint("get_lab", shapes.LabRow, tag="labs")
    def get(self, request: Request, slug: str) -> Response:
        """A lab."""
        return Response(shapes.LabRow(present.sample(selectors.get_lab(slug))).data)


class Start(APIView):
    @endpoint("start_lab", shapes.Session, status=201, scope="learn", tag="labs")
    def post(self, request: Request, slug: str) -> Response:
        """Start a lab: its session is queued, and ready some seconds later."""
        found = services.start_session(user=request.user, slug=slug, now=timezone.now())
        return Response(shapes.Session(found).data, status=201)


class Sessions(APIView):
    @endpoint("list_sessions", shapes.Session, many=True, tag="sessions")
    def get(self, request: Request) -> Response:
        """Your sessions, the newest first."""
        return rows(request, selectors.practice_sessions(request.user), "queued_at", shapes.Session)


class Session(APIView):
    @endpoint("get_session", shapes.Session, tag="sessions")
    def get(self, request: Request, session_id: UUID) -> Response:
        """A session: yours, or a learner's of yours."""
        found = services.look_into_practice(user=request.user, session_id=session_id, now=timezone.now())
        return Response(shapes.Session(found).data)


class Tasks(APIView):
    @endpoint("list_tasks", shapes.Task(many=True), tag="sessions")
    def get(self, request: Request, session_id: UUID) -> Response:
        """The tasks as they stand: outcomes, and the reasons."""
        found = services.look_into_practice(user=request.user, session_id=session_id, now=timezone.now())
        return Response(shapes.Task(selectors.task_states(found), many=True).data)


class SessionGradings(APIView):
    @endpoint("list_gradings", shapes.Grading, many=True, tag="sessions")
    def get(self, request: Request, session_id: UUID) -> Response:
        """The judgements of a session, the newest first."""
        found = services.look_into_practice(user=request.user, session_id=session_id, now=timezone.now())
        return rows(request, found.gradings.all(), "requested_at", shapes.Grading)


class Grading(APIView):
    @endpoint("get_grading", shapes.Grading, tag="sessions")
    def get(self, request: Request, grading_id: UUID) -> Response:
        """A judgement: ask for it until its state is done, or dead."""
        return Response(
            shapes.Grading(services.look_at_grading(user=request.user, grading_id=grading_id, now=timezone.now())).data
        )


class Check(APIView):
    @endpoint("check", shapes.Grading, status=202, scope="learn", tag="sessions")
    def post(self, request: Request, session_id: UUID) -> Response:
        """Have your work judged."""
        found = selectors.get_own_session(request.user, session_id)
        asked = services.request_grading(session=found, trigger=GradingRow.Trigger.ASKED, now=timezone.now())
        return Response(shapes.Grading(asked).data, status=202)


class TakeHint(APIView):
    @endpoint("take_hint", shapes.Hint, scope="learn", tag="sessions")
    def post(self, request: Request, session_id: UUID, task_id: str) -> Response:
        """Open the next hint of a task; the last is its solution."""
        found = selectors.get_own_session(request.user, session_id)
        return Response(shapes.Hint(services.reveal_hint(session=found, task_id=task_id, now=timezone.now())).data)


def _act(name: str, said: str, service: Callable[..., LabSession]) -> type[APIView]:
    """Return the endpoint of an act in one's own session that answers with the session."""

    def post(self: APIView, request: Request, session_id: UUID) -> Response:
        found = selectors.get_own_session(request.user, session_id)
        services.hold_practice(found)
        return Response(shapes.Session(service(session=found, now=timezone.now())).data)

    post.__doc__ = said
    kept: Any = endpoint(name, shapes.Session, scope="learn", tag="sessions")(post)
    return type(name.title().replace("_", ""), (APIView,), {"post": kept, "__module__": __name__})


Extend = _act("extend", "Half an hour more.", services.extend_session)
Pause = _act("pause", "Put the lab aside: its clock stands still.", services.pause_session)
Resume = _act("resume", "Go on where a paused lab was left.", services.resume_session)
Reset = _act("reset", "Begin anew with a fresh sandbox.", services.reset_session)
End = _act("end", "End the session: it is judged once more.", services.end_session)
