"""Writing: everything that changes a lab session, its sandbox or its points. One file an act."""

from labs.services.calls import note_call
from labs.services.endings import close, end_session
from labs.services.gradings import grade, request_grading
from labs.services.hints import reveal_hint
from labs.services.provisioning import provision
from labs.services.refusals import (
    NoMoreHints,
    NoMoreTime,
    NotReady,
    SessionAlreadyOpen,
    TooManyOpen,
    UnknownTask,
)
from labs.services.sessions import extend_session, reset_session, start_session
from labs.services.sweeping import sweep

__all__ = [
    "NoMoreHints",
    "NoMoreTime",
    "NotReady",
    "SessionAlreadyOpen",
    "TooManyOpen",
    "UnknownTask",
    "close",
    "end_session",
    "extend_session",
    "grade",
    "note_call",
    "provision",
    "request_grading",
    "reset_session",
    "reveal_hint",
    "start_session",
    "sweep",
]
