"""Nothing of a check, a solution, a near miss or a hint is in what learners are given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.content import ContentError, Lab, bind, draw, parse_lab
from tests.labs.content.conftest import GOOD

KINDS = {
    "check s3.bucket_blocks_public_access": "bucket: canary",
    'expect "canary"': "call: s3.list_buckets\nthat: canary\nis: canary",
    "hint": "canary",
    "solution": "aws s3 ls s3://canary",
    'solution alternative="canary"': "aws s3 ls s3://canary",
    "near-miss fails=s3.bucket_blocks_public_access": "aws s3 ls s3://canary",
    "equivalent effect-flipped:canary.json:canary": "canary is no canary",
}


def learners_text(source: str) -> str:
    lab = parse_lab(source, slug="good", path="p", validate=lambda call: [])
    return "\n".join([lab.title, lab.summary, lab.intro, *(task.title + task.text for task in lab.tasks)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("marker", ["~~~", "~~~~", "~~~~~~"])
def test_a_planted_canary_does_not_reach_the_learner(kind: str, marker: str) -> None:
    block = f"{marker}{kind}\n{KINDS[kind]}\n{marker}\n\n"
    source = GOOD.replace("~~~hint\nLook", block + "~~~hint\nLook")
    assert "canary" not in learners_text(source)
    assert "Text for the learner." in learners_text(source)


SLIPS = [
    " ~~~{kind}\n{body}\n ~~~",
    "- ~~~{kind}\n  {body}\n  ~~~",
    "1. ~~~{kind}\n   {body}\n   ~~~",
    "> ~~~{kind}\n> {body}\n> ~~~",
    "\t~~~{kind}\n\t{body}\n\t~~~",
    "```sh\naws s3 ls\n\n~~~{kind}\n{body}\n~~~\n```",
    "````\n```\n~~~{kind}\n{body}\n~~~\n````",
    "~~~{kind}\n{body}",
    "~~~ {kind}\n{body}\n~~",
    "~~~{kind} \n{body}\n~~~ ~~~",
    "~~~~{kind}\n{body}\n~~~",
    "~~~hnit {kind}\n{body}\n~~~",
    "~~{kind}\n{body}\n~~",
    "~{kind}\n{body}\n",
    "- ```{kind}\n  {body}\n  ```",
    "```{kind}\n{body}\n```",
    "Text ~~~{kind}\n{body}\n~~~",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrap", SLIPS)
def test_a_slip_around_a_block_never_shows_it(kind: str, wrap: str) -> None:
    slip = wrap.format(kind=kind, body=KINDS[kind])
    source = GOOD.replace("Text for the learner.", f"Text.\n\n{slip}\n\n")
    try:
        shown = learners_text(source)
    except ContentError:
        return
    assert "canary" not in shown


@settings(deadline=None)
@given(st.data())
def test_no_single_lost_character_shows_a_block(data: st.DataObject) -> None:
    source = GOOD
    for kind, body in KINDS.items():
        source = source.replace("~~~hint\nLook", f"~~~{kind}\n{body}\n~~~\n\n~~~hint\nLook", 1)
    marks = [index for index, letter in enumerate(source) if letter in "~`#\n"]
    at = data.draw(st.sampled_from(marks))
    try:
        shown = learners_text(source[:at] + source[at + 1 :])
    except ContentError:
        return
    assert "canary" not in shown


def test_a_session_s_text_holds_none_of_it_either(lab: Lab) -> None:
    bound = bind(lab, {**draw(lab, "1"), "account_id": "210987654321", "region": "us-east-1"})
    text = bound.intro + "".join(task.text for task in bound.tasks)
    for hidden in ("create-bucket", "put-public-access-block", "four switches", "because", "Suspended", "~~~"):
        assert hidden not in text
