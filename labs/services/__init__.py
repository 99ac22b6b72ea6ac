"""Writing: everything that changes a lab session, its sandbox or its points. One file an act."""

from labs.services.calls import note_call
from labs.services.endings import close, end_session
from labs.services.gradings import grade, request_grading
from labs.services.hints import reveal_hint
from labs.services.histories import changes_since, freeze, go_back, keep_checkpoint, moments, thaw, undo_last
from labs.services.provisioning import provision
from labs.services.refusals import (
    Away,
    ChangedMeanwhile,
    Frozen,
    InExam,
    NoMoreHints,
    NoMoreTime,
    NothingToUndo,
    NotReady,
    OneAtATime,
    SessionAlreadyOpen,
    TooManyCheckpoints,
    TooManyOpen,
    UnknownMoment,
    UnknownTask,
)
from labs.services.sessions import extend_session, reset_session, start_session
from labs.services.sweeping import sweep

__all__ = [
    "Away",
    "ChangedMeanwhile",
    "Frozen",
    "InExam",
    "NoMoreHints",
    "NoMoreTime",
    "NotReady",
    "NothingToUndo",
    "OneAtATime",
    "SessionAlreadyOpen",
    "TooManyCheckpoints",
    "TooManyOpen",
    "UnknownMoment",
    "UnknownTask",
    "changes_since",
    "close",
    "end_session",
    "extend_session",
    "freeze",
    "go_back",
    "grade",
    "keep_checkpoint",
    "moments",
    "note_call",
    "provision",
    "request_grading",
    "reset_session",
    "reveal_hint",
    "start_session",
    "sweep",
    "thaw",
    "undo_last",
]
