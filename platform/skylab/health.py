"""What a load balancer and `make run` ask: does this process answer, and does what it stands on?"""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from skylab.processes import broker_answers


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process can."""
    return JsonResponse({"live": True})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database and the broker answer, else 503 naming the one that does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        database = True
    except DatabaseError:
        database = False
    state = {"database": database, "broker": broker_answers(settings.REDIS_URL)}
    return JsonResponse(state, status=200 if all(state.values()) else 503)
