"""Drafts as zip files (labs/authoring/archive.py judges them), in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO

from labs.authoring import archive
from labs.authoring.members import Folder, Limits
from labs.workspaces import refusals, writing
from labs.workspaces.kinds import LAB, Kind
from labs.workspaces.models import Draft, Workspace

KIB = 1024
# A lab is two texts: what is larger than this holds something else.
LIMITS = Limits(packed=1024 * KIB, unpacked=2048 * KIB, member=512 * KIB, members=20, depth=2)


def import_draft(*, workspace: Workspace, by: Any, file: BinaryIO, slug: str, now: datetime, kind: Kind = LAB) -> Draft:
    """Make a draft of a zip's files. Its name is `slug`, or that of the folder in the zip.

    :raises ArchiveRefused: it is no zip that is taken.
    :raises Invalid: it holds a file that is no part of a lab, or none that is text.
    :raises NoSlug, SlugTaken, TooMany, TooLarge, NoOwnChecks: as writing.add_draft.
    """
    found = archive.read_zip(file, LIMITS)
    files = {name: _text(name, data) for name, data in found.files.items()}
    return writing.add_draft(workspace=workspace, by=by, slug=slug or found.name, files=files, now=now, kind=kind)


def export_files(slug: str, files: Mapping[str, str]) -> bytes:
    """Return texts as a zip, in a folder of the lab's name."""
    return archive.pack(Folder(slug, {name: text.encode() for name, text in files.items()}))


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusals.Invalid(f"{name[:60]} is not UTF-8 (byte {error.start}).") from error
