"""Mutants: a lab's solution with one change each, to prove that its graders tell right work from nearly right work.

    for mutant in mutants(task):
        mutant.id            # "effect-flipped:policy.json:onlyovertls"
        mutant.description   # "line 41: Effect Deny → Allow (OnlyOverTls) in policy.json"
        mutant.blocks        # in place of task.solutions

No Django, no sandbox, no chance: the same solution has the same mutants. The operators are listed once each, in
VALUE_OPERATORS, MAPPING_OPERATORS and COMMAND_OPERATORS; docs/author.md says them to authors.
"""

from labs.mutants.commands import COMMAND_OPERATORS
from labs.mutants.generate import LIST_OPERATORS, mutants
from labs.mutants.mappings import MAPPING_OPERATORS
from labs.mutants.model import Mutant
from labs.mutants.values import VALUE_OPERATORS

OPERATORS = (*COMMAND_OPERATORS, *MAPPING_OPERATORS, *LIST_OPERATORS, *VALUE_OPERATORS)

__all__ = ["OPERATORS", "Mutant", "mutants"]
