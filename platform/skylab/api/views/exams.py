"""Exams, one's attempts, what they came to, and what the answers of all say about the items. An attempt is sat on its page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from courses import selectors
from courses.selectors import attempts, scores, statistics
from courses.services import clock
from skylab.api import shapes
from skylab.api.views.base import endpoint, listed, person, rows


class Exams(APIView):
    @endpoint("list_exams", shapes.ExamRow, many=True, tag="exams")
    def get(self, request: Request) -> Response:
        """The exams, and whether they can be sat."""
        found = selectors.exam_states(today=clock.now().date())
        return listed(request, found, lambda one: one.exam.slug, shapes.ExamRow)


class Exam(APIView):
    @endpoint("get_terms", shapes.Terms, tag="exams")
    def get(self, request: Request, slug: str) -> Response:
        """When and how often you may sit an exam."""
        now = clock.now()
        told = attempts.admission(person(request), selectors.get_exam(slug), now)
        return Response(shapes.Terms(_terms(slug, told, told.may_start(now))).data)


def _terms(slug: str, told: attempts.Admission, may_start: bool) -> dict[str, Any]:
    return {
        "exam": slug,
        "opens_at": told.terms.opens,
        "closes_at": told.terms.closes,
        "may_start": may_start,
        "taken": told.taken,
        "left": told.left,
        "next_at": told.next_at,
        "open_attempt": told.open.pk if told.open else None,
    }


class Attempts(APIView):
    @endpoint("list_attempts", shapes.Attempt, many=True, tag="exams")
    def get(self, request: Request) -> Response:
        """Your attempts, the newest first."""
        return rows(request, attempts.sat_by(request.user), "started_at", shapes.Attempt)


class Attempt(APIView):
    @endpoint("get_attempt", shapes.Attempt, tag="exams")
    def get(self, request: Request, attempt_id: UUID) -> Response:
        """An attempt: its state and its clock. Nothing of what it asks."""
        return Response(shapes.Attempt(attempts.get_attempt_for(request.user, attempt_id)).data)


class Score(APIView):
    @endpoint("get_score", shapes.Report, tag="exams")
    def get(self, request: Request, attempt_id: UUID) -> Response:
        """What an attempt came to, as far as its exam tells."""
        found = scores.report_for(request.user, attempt_id)
        return Response(shapes.Report(found).data)


class Items(APIView):
    @endpoint("list_item_figures", shapes.ItemRow, many=True, scope="teach", tag="exams")
    def get(self, request: Request, slug: str) -> Response:
        """The figures of an exam's items, as they were computed last."""
        found = statistics.figures_for(request.user, slug)
        return listed(request, found, lambda one: f"{one.item_id} {one.revision}", shapes.ItemRow)
