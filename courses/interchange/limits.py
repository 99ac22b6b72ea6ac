"""How much of somebody else's file we are willing to read. An author is an attacker of the server: every cost has a bound."""

from __future__ import annotations

from labs.refusals import Refusal

MIB = 1024 * 1024

FILE_BYTES = 20 * MIB  # the file as it comes
ENTRIES = 2_000  # files in a zip
DIRECTORY_BYTES = MIB  # a zip's table of contents: read whole by every unzipper, so bounded before it is opened
ENTRY_BYTES = 20 * MIB  # one file of a zip, unpacked
UNPACKED_BYTES = 60 * MIB  # all that is read of a zip, unpacked
RATIO = 200  # unpacked to packed, of a file over a MiB: XML shrinks to a twentieth, a bomb to a thousandth
NODES = 400_000  # elements of an XML file
DEPTH = 64  # elements within elements
ATTRIBUTES = 64  # of one element
ATTRIBUTE_CHARACTERS = 20_000  # of one attribute
TEXT_CHARACTERS = 200_000  # of one stem, option or rationale
TAGS = 3_000  # of the HTML of one text
TANGLE = 500  # opening brackets of one text of ours: Markdown's links take time in their square
ITEMS = 10_000  # of one file
ENTRIES_OF_ITEM = 200  # options, steps, pairs or accepted forms
LOSSES = 200_000  # that a report tells
COLUMNS = 500


class Unreadable(Refusal):
    """The file is not what it says, or more than we take. The text is a sentence that says where and what to do."""

    status = 422


def sized(data: bytes, name: str) -> bytes:
    """Return the data of a file that is small enough. Raises Unreadable."""
    if len(data) > FILE_BYTES:
        raise Unreadable(
            f"{name} has {len(data) / MIB:,.1f} MiB; {FILE_BYTES // MIB} MiB are taken. Export fewer questions at a time."
        )
    return data


def decoded(data: bytes, name: str) -> str:
    """Return the text of a file in UTF-8 (or UTF-16 with its mark), its lines ending in a line feed. Raises Unreadable."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"{name}:{line}: byte {error.start} is no {encoding[:6].upper()}. Save the file as UTF-8."
        ) from None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise Unreadable(f"{name}:{line}: the file holds a NUL character, so it is no text. Export it again as text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
