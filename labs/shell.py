"""The shell in the learner's browser: whether this installation has it, and what its page must know."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from labs.connect import variables
from labs.content import Lab
from labs.models import LabSession
from labs.sandboxes import Credentials
from labs.services import homes

ADDRESSES = ("check", "tasks", "hint", "undo", "reset", "files", "history")


def about_shell(*, session: LabSession, lab: Lab, credentials: Credentials, token: str, nonce: str) -> dict[str, Any]:
    """Return what frontend/src/terminal is told: keys of the sandbox, addresses, limits, the lab's rules.

    `token` is for our own addresses (CSRF), `nonce` for the style sheets that xterm and CodeMirror make.
    """
    return {
        "session": str(session.pk),
        "place": session.lab_slug if not session.exam else str(session.pk),
        "account": session.sandbox.account_id,
        "region": session.sandbox.region,
        "env": variables(credentials),
        "exam": session.exam,
        # What the person chose in the settings; the switch above the terminal has the last word in each browser.
        "face": getattr(session.user, "terminal", ""),
        "page": reverse("session", args=[session.pk]),
        "urls": {name: reverse(f"terminal_{name}", args=[session.pk]) for name in ADDRESSES},
        "tasks": [{"id": task.id, "title": task.title} for task in lab.tasks],
        "limits": {"file": homes.MOST_BYTES_A_FILE, "all": homes.MOST_BYTES, "files": homes.MOST_FILES},
        "token": token,
        "nonce": nonce,
    }
