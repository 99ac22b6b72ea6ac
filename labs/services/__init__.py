"""Writing: everything that changes a lab session, its sandbox or its points. One file an act."""

from labs.services.calls import note_call
from labs.services.endings import close, end_session
from labs.services.explored import Fault, Made, Saved, make_calls
from labs.services.gradings import grade, request_grading
from labs.services.hints import reveal_hint
from labs.services.histories import changes_since, freeze, go_back, keep_checkpoint, moments, thaw, undo_last
from labs.services.homes import add_history, clear_history, forget_homes, remove_file, save_file
from labs.services.inboxes import confirm_subscription, note_inbox_seen
from labs.services.looks import look_at_grading, look_into, look_into_practice
from labs.services.pauses import PAUSE_DAYS, keep_paused, last_pause_day, pause_session, resume_session
from labs.services.provisioning import provision
from labs.services.refusals import (
    Away,
    ChangedMeanwhile,
    Frozen,
    InExam,
    NoMoreHints,
    NoMorePauses,
    NoMoreTime,
    NothingToSkip,
    NothingToUndo,
    NotPaused,
    NotReady,
    NoWayBack,
    OneAtATime,
    SessionAlreadyOpen,
    TooManyCheckpoints,
    TooManyOpen,
    TooManyPaused,
    UnknownMoment,
    UnknownTask,
    WrongOrder,
    hold_practice,
)
from labs.services.restarts import bring_back, reset_task, restart_session, return_of
from labs.services.sessions import extend_session, reset_session, start_session
from labs.services.skips import skip_task
from labs.services.sweeping import sweep

__all__ = [
    "PAUSE_DAYS",
    "Away",
    "ChangedMeanwhile",
    "Fault",
    "Frozen",
    "InExam",
    "Made",
    "NoMoreHints",
    "NoMorePauses",
    "NoMoreTime",
    "NoWayBack",
    "NotPaused",
    "NotReady",
    "NothingToSkip",
    "NothingToUndo",
    "OneAtATime",
    "Saved",
    "SessionAlreadyOpen",
    "TooManyCheckpoints",
    "TooManyOpen",
    "TooManyPaused",
    "UnknownMoment",
    "UnknownTask",
    "WrongOrder",
    "add_history",
    "bring_back",
    "changes_since",
    "clear_history",
    "close",
    "confirm_subscription",
    "end_session",
    "extend_session",
    "forget_homes",
    "freeze",
    "go_back",
    "grade",
    "hold_practice",
    "keep_checkpoint",
    "keep_paused",
    "last_pause_day",
    "look_at_grading",
    "look_into",
    "look_into_practice",
    "make_calls",
    "moments",
    "note_call",
    "note_inbox_seen",
    "pause_session",
    "provision",
    "remove_file",
    "request_grading",
    "reset_session",
    "reset_task",
    "restart_session",
    "resume_session",
    "return_of",
    "reveal_hint",
    "save_file",
    "skip_task",
    "start_session",
    "sweep",
    "thaw",
    "undo_last",
]
