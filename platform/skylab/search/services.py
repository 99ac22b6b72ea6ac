"""The index is brought up to what there is: at the start, by `manage.py search_index`, and by the worker now and then."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from skylab.search import words
from skylab.search.backends import backend
from skylab.search.models import Document, Index, Word
from skylab.search.sources import Source, sources

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: documents there are, those whose text was read anew, those that went."""

    documents: int
    read: int
    gone: int

    @property
    def changed(self) -> bool:
        return bool(self.read or self.gone)


def refresh(*, now: datetime, everything: bool = False, find: Callable[[], Iterable[Source]] = sources) -> Refreshed:
    """Make the index that of the present content; what has not changed is not read again.

    :param everything: read all of it again, whatever the digests say.
    """
    wanted = {one.ref: one for one in find()}
    digest = hashlib.sha256("".join(f"{ref}\0{wanted[ref].digest}\0" for ref in sorted(wanted)).encode()).hexdigest()
    if not everything and Index.objects.filter(digest=digest).exists():
        return Refreshed(len(wanted), 0, 0)
    with transaction.atomic():
        _alone()
        kept = {} if everything else dict(Document.objects.values_list("ref", "digest"))
        gone, _ = (
            Document.objects.exclude(ref__in=wanted).delete() if not everything else Document.objects.all().delete()
        )
        fresh = [one for one in wanted.values() if kept.get(one.ref) != one.digest]
        _keep(fresh)
        _write()
        Index.objects.update_or_create(pk=1, defaults={"digest": digest, "built_at": now})
    return Refreshed(len(wanted), len(fresh), gone)


def _alone() -> None:
    """Let no two refreshes write at once: SQLite has one writer anyway."""
    Index.objects.get_or_create(pk=1)
    list(Index.objects.select_for_update().filter(pk=1))


def _keep(fresh: list[Source]) -> None:
    rows = []
    for one in fresh:
        content = one.read()
        rows.append(
            Document(
                ref=one.ref,
                kind=one.kind,
                digest=one.digest,
                url=one.url[:300],
                title=content.title[:300],
                place=one.place[:300],
                headings=content.headings,
                text=content.text,
                gate=one.gate,
            )
        )
    fields = ["kind", "digest", "url", "title", "place", "headings", "text", "gate"]
    Document.objects.bulk_create(
        rows, batch_size=100, update_conflicts=True, unique_fields=["ref"], update_fields=fields
    )


def _write() -> None:
    """Give all documents to the backend, and count their words."""
    documents: Counter[str] = Counter()

    def rows() -> Iterable[tuple[int, str, str, str]]:
        for pk, title, headings, text in Document.objects.values_list("pk", "title", "headings", "text").iterator(200):
            cut = [list(words.of_text(part)) for part in (title, headings, text)]
            documents.update({word for part in cut for word in part})
            yield (pk, *(" ".join(part) for part in cut))  # type: ignore[misc]

    with connection.cursor() as cursor:
        backend().write(cursor, rows())
    Word.objects.all().delete()
    Word.objects.bulk_create([Word(word=word, documents=n) for word, n in documents.items()], batch_size=400)
