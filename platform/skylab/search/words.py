"""How text becomes words: small letters and digits only, without accents; PutBucketPolicy is also put, bucket and policy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 40
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ENDINGS = ("ies", "es", "s", "ing", "ed", "y")
_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"(`+)(.+?)\1")
_MARKS = re.compile(r"(?m)^\s*(?:#{1,6}\s+|>\s*(?:\[![A-Z]+\])?|!!!\s+\w+|[-*+]\s+|\d+[.)]\s+)|\*{1,3}|[`|]|^[-:| ]+$")
_SPACE = re.compile(r"\s+")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def plain(markdown: str) -> str:
    """Return a Markdown text as people read it, on one line: good enough to find by and to quote from."""
    text = _LINK.sub(r"\1", _COMMENT.sub(" ", _FENCE.sub(" ", markdown)))
    parts = _CODE.split(text)  # prose, marks, code, prose, …: a star within code is a star
    shown = (_MARKS.sub(" ", one) if at % 3 == 0 else one for at, one in enumerate(parts) if at % 3 != 1)
    return _SPACE.sub(" ", "".join(shown)).strip()


def headings(markdown: str) -> str:
    """Return the headings of a Markdown text."""
    return " · ".join(plain(one) for one in _HEADING.findall(_FENCE.sub(" ", markdown)))


def bare(text: str) -> str:
    """Return the text without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def of_text(text: str) -> Iterator[str]:
    """Yield the words of a text as they are indexed."""
    for run in _RUN.findall(bare(text)):
        yield run[:LONGEST].lower()
        if not (run.islower() or run.isupper() or run.isdigit()) and len(parts := _PART.findall(run)) > 1:
            yield from (part[:LONGEST].lower() for part in parts if len(part) > 1)


def of_name(name: str) -> list[str]:
    """Return the words of a name in their order."""
    return [one[:LONGEST] for one in _WORD.findall(bare(name).lower())]


def of_query(query: str) -> list[str]:
    """Return the words that somebody typed, each once."""
    return list(dict.fromkeys(of_name(query)))


def stem(word: str) -> str:
    """Return what a word shares with its plural and its other forms: policies, policy → polic. Short ones stay whole."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def trigrams(word: str) -> set[str]:
    """Return the runs of three letters of a word, its ends included."""
    padded = f"  {word} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def slips(one: str, other: str, most: int) -> int:
    """Return how many letters were mistyped, left out, added or swapped with their neighbour; most + 1 for more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
