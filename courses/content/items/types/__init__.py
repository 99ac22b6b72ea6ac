"""How each item type is written in Markdown: one module each, found by walking this package.

A module has HINT (what an author writes), `begins(reader)` (whether the answer begins at this line), `read(reader)`
(the spec, or None where there is nothing), `write(spec)` and `canonical(item id, spec)`: the spec with the ids, and in
the order, that reading gives. ATTRIBUTES and `words(spec)` are for a type that says something in its heading.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from courses.content.items.lines import Reader


@dataclass(frozen=True)
class Written:
    """A discovered type."""

    name: str
    hint: str
    attributes: tuple[str, ...]
    begins: Callable[[Reader], bool]
    read: Callable[[Reader], Any]
    write: Callable[[Any], str]
    words: Callable[[Any], dict[str, str]]
    canonical: Callable[[str, Any], Any]


@functools.cache
def all() -> dict[str, Written]:  # noqa: A001 - read as types.all()
    """Every type by its name."""
    return {one.name: _written(one.name) for one in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name)}


def _written(name: str) -> Written:
    module = importlib.import_module(f"{__name__}.{name}")
    return Written(
        name=name,
        hint=module.HINT,
        attributes=getattr(module, "ATTRIBUTES", ()),
        begins=module.begins,
        read=module.read,
        write=module.write,
        words=getattr(module, "words", lambda spec: {}),
        canonical=module.canonical,
    )


def canonical(item_id: str, kind: str, spec: Any) -> Any:
    """Return a spec as reading its Markdown gives it: its ids made of the texts, which tell nothing of what is right."""
    return all()[kind].canonical(item_id, spec)


def fresh_ids(item_id: str, texts: Iterable[str]) -> list[str]:
    """Return an id for each text of an item.

    Not the author's order (a, b, c …): where the right option stands there must not be told by its id.
    """
    seen: Counter[str] = Counter()
    ids = []
    for text in texts:
        seen[text] += 1
        salt = f"{item_id}\n{text}" if seen[text] == 1 else f"{item_id}\n{text}\n{seen[text]}"
        ids.append(hashlib.sha256(salt.encode()).hexdigest()[:10])
    return ids
