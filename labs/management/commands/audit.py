"""The audit log: `audit verify` checks every link of it, `audit head` prints the last one, to be kept elsewhere."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs import audit


class Command(BaseCommand):
    help = "verify: check the audit log's chain. head: print its last number and digest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("verify", "head"))
        parser.add_argument("--head", metavar="NUMBER:DIGEST", help="verify: an entry as `audit head` printed it once")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "head":
            last = audit.entries().order_by("-number").first()
            self.stdout.write(f"{last.number}:{last.digest}" if last else f"0:{audit.GENESIS}")
            return
        count, broken = audit.verify(head=_head(options["head"]))
        if broken:
            raise CommandError(
                f"The audit log is broken at entry {broken.number}: {broken.why}. {count} before it hold."
            )
        self.stdout.write(f"The audit log holds: {count} entries.")


def _head(text: str | None) -> tuple[int, str] | None:
    if not text:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise CommandError(f"--head {text}: write it as `audit head` printed it, NUMBER:DIGEST.")
    return (int(number), digest) if int(number) else None
