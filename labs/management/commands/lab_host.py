"""`manage.py lab_host`: keep a sandbox host warm, for test_labs and run_blocks. Ctrl-C ends it."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labs.proof_host import kept_host
from labs.sandboxes import Unavailable


class Command(BaseCommand):
    help = (
        "Keep a sandbox host warm until Ctrl-C, for proofs to begin at once. "
        "Once the code of the sandbox has changed it is left alone: start it anew then."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        try:
            with kept_host() as host:
                self.stdout.write(f"A sandbox host is warm at {host.endpoint}. Ctrl-C ends it.")
                ended.wait()
        except Unavailable as error:
            raise CommandError(str(error)) from error
