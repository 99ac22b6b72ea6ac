"""The engine against a second evaluator that shares no code with it, on random policies."""

import json
from random import Random

import pytest

from tests.graders.iam import naive
from tests.graders.iam.random_cases import a_case, ours


@pytest.mark.parametrize("seed", range(4))
def test_both_evaluators_agree_on_random_policies(seed):
    random = Random(seed)
    answers = []
    for _ in range(750):
        case = a_case(random)
        verdict = ours(case)
        assert verdict.allowed is naive.allowed(case), json.dumps(case, default=str, indent=1) + str(verdict)
        answers.append(verdict.allowed)
    assert 0.1 < sum(answers) / len(answers) < 0.9  # random, but not all of one kind
