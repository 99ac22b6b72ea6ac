"""The words that there are, and what a word that somebody typed may stand for among them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from skylab.search import words
from skylab.search.models import Word

MOST_ENDINGS: Final = 40  # of what is being typed, the most frequent
MOST_GUESSES: Final = 3
ALIKE: Final = 0.3  # of the trigrams of both


@dataclass(frozen=True)
class Meaning:
    """What a typed word stands for: words of the index. `guessed`: it is not there as it was typed."""

    typed: str
    words: tuple[str, ...]
    guessed: bool = False


class Vocabulary:
    """All words of an index, in memory: some ten thousand."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.sorted = sorted(counts)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self.sorted:
            found.setdefault(words.stem(word), []).append(word)
        return found

    @cached_property
    def _by_trigram(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self.sorted:
            for one in words.trigrams(word):
                found.setdefault(one, []).append(word)
        return found

    def meanings(self, typed: list[str]) -> list[Meaning]:
        """Return what each word stands for; the last may not be typed to its end yet."""
        return [self._meaning(word, unfinished=word is typed[-1]) for word in typed]

    def _meaning(self, word: str, *, unfinished: bool) -> Meaning:
        found = dict.fromkeys([word] if word in self.counts else [])
        if not word.isdigit():
            found |= dict.fromkeys(self._by_stem.get(words.stem(word), []))
        if unfinished:
            found |= dict.fromkeys(self._beginning_with(word))
        if found:
            return Meaning(word, tuple(found))
        return Meaning(word, tuple(self._guesses(word)), guessed=True)

    def _beginning_with(self, word: str) -> list[str]:
        begin = bisect_left(self.sorted, word)
        end = bisect_left(self.sorted, word + "\uffff", begin)
        return sorted(self.sorted[begin:end], key=lambda one: -self.counts[one])[:MOST_ENDINGS]

    def _guesses(self, word: str) -> list[str]:
        if len(word) < 3 or word.isdigit():
            return []
        mine = words.trigrams(word)
        shared = Counter(other for one in mine for other in self._by_trigram.get(one, ()))
        alike = [other for other, n in shared.most_common(200) if n / (len(mine) + len(other) + 1 - n) >= ALIKE / 2]
        most = 1 if len(word) < 6 else 2
        near = [(words.slips(word, other, most), -self.counts[other], other) for other in alike]
        return [other for slips, _, other in sorted(near) if slips <= most][:MOST_GUESSES]


_lock = threading.Lock()
_kept: tuple[str, Vocabulary] | None = None


def of(digest: str) -> Vocabulary:
    """Return the vocabulary of the index of this digest: read once a process, and again when the index changes."""
    global _kept
    with _lock:
        if _kept is None or _kept[0] != digest:
            _kept = (digest, Vocabulary(dict(Word.objects.values_list("word", "documents"))))
        return _kept[1]
