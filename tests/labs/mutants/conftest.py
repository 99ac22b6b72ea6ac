"""A task of one solution, and its mutants."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labs.content import Block, Task
from labs.mutants import Mutant, mutants

Mutate = Callable[..., dict[str, Mutant]]


def task_of(*texts: str, language: str = "sh", line: int = 40) -> Task:
    """A task whose solution is these blocks; the first begins on that line."""
    blocks = tuple(Block(language, text, line) for text in texts)
    return Task("task", "Task", 1, (), "", (), (), blocks, (), (), line)


@pytest.fixture
def mutate() -> Mutate:
    """The mutants of a solution, by id."""

    def run(*texts: str, language: str = "sh") -> dict[str, Mutant]:
        return {mutant.id: mutant for mutant in mutants(task_of(*texts, language=language))}

    return run
