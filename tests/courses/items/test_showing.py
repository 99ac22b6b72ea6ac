"""Items of every type in practice: the form tells nothing of the key, is enough without JavaScript, and is explained."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from courses import selectors
from courses.models import PracticeResponse
from graders import items
from tests.courses.conftest import Catalog

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/courses/buckets/second/"}

ITEMS = """
### Put it in order. {#order .ordering}

1. Make `one`
   > CANARY-ORDER
2. Look at two
3. Do three

- [ ] Skip it
  > CANARY-SKIP

### Match them. {#match .matching}

| Need | Service | Why |
| --- | --- | --- |
| Objects | S3 & more | CANARY-OBJECTS |
| Blocks | EBS | CANARY-BLOCKS |
| | Names | CANARY-NAMES |

### Which Region? {#region .text}

~~~answer
CANARY-region
/CANARY-\\d/
~~~

> CANARY-TEXT

### Which command? {#command .text}

~~~answer command
aws s3 rb s3://CANARY
~~~

> CANARY-COMMAND

### A case. {#case .case}

The scene.

#### Which? {#case-which .choice}

- [x] This one
  > CANARY-THIS
- [ ] That one
  > CANARY-THAT

#### In which order? {#case-order .ordering}

1. Before
2. After

#### How many? {#case-many .number}

~~~answer
4242 GB
~~~

> CANARY-MANY

### Do it. {#lab .lab lab=private-bucket-one-reader minutes=30}
"""


@pytest.fixture(autouse=True)
def lesson(site: Catalog) -> None:
    site.replace("lessons/second.md", "Nothing asked here.\n", ITEMS)


@pytest.fixture
def learner(client: Client, bob: Any) -> Client:
    client.force_login(bob)
    return client


def item(name: str) -> Any:
    return selectors.get_course("buckets").items[name]


def page(client: Client) -> str:
    return client.get(reverse("lesson", args=["buckets", "second"])).content.decode()


def post(client: Client, name: str, fields: dict[str, Any]) -> Any:
    return client.post(reverse("answer_item", args=["buckets", name]), fields, headers=HTMX)


def right(name: str) -> dict[str, list[str]]:
    """Return the form of the right answer."""
    spec = item(name).spec
    match name:
        case "order":
            return {"answer": [f"{one.id}={at}" for at, one in enumerate(spec.steps, 1)] + [""]}
        case "match":
            return {"answer": [f"{prompt}={answer}" for prompt, answer in spec.pairs]}
        case "case":
            which, order, _ = spec.parts
            return {
                "answer-case-which": [which.spec.options[0].id],
                "answer-case-order": [f"{one.id}={at}" for at, one in enumerate(order.spec.steps, 1)],
                "answer-case-many": ["4,242 gb"],
            }
    return {"answer": [spec.accepted[0]]}


WRONG = {
    "order": "distractor",
    "match": "distractor",
    "region": "elsewhere",
    "command": "aws s3 mb s3://x",
    "case": "part",
}


def wrong(name: str) -> dict[str, list[str]]:
    """Return the form of an answer that is wrong, or wrong in part."""
    spec = item(name).spec
    match name:
        case "order":
            return {"answer": [f"{spec.distractors[0].id}=1", f"{spec.steps[0].id}=2"]}
        case "match":
            return {"answer": [f"{spec.pairs[0][0]}={spec.answers[-1].id}"]}
        case "case":
            return {"answer-case-which": [spec.parts[0].spec.options[1].id], "answer-case-many": [""]}
    return {"answer": [WRONG[name]]}


def test_nothing_of_any_key_is_on_the_page_before_an_answer(client: Client, learner: Client) -> None:
    for reader in (Client(), learner):
        shown = page(reader)
        assert "Make <code>one</code>" in shown and "The scene." in shown
        for word in ("CANARY", "4242", "correct"):
            assert word not in shown, word


def fields_of(html: str) -> dict[str, list[list[str]]]:
    """Return what a browser without JavaScript could send: by name, the values that each field offers."""
    found: dict[str, list[list[str]]] = {}
    for name, inner in re.findall(r'<select[^>]* name="(answer[^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL):
        found.setdefault(name, []).append(re.findall(r'<option value="([^"]*)"', inner))
    for name, value in re.findall(r'<input type="radio" name="(answer[^"]*)" value="([^"]*)"', html):
        found.setdefault(name, [[]])[0].append(value)
    return found


@pytest.mark.parametrize("name", ["order", "match", "case"])
def test_the_plain_form_can_send_the_right_answer(learner: Client, name: str) -> None:
    section = re.search(rf'<section class="item" id="item-{name}".*?</section>', page(learner), re.DOTALL)
    assert section
    offered = fields_of(section[0])
    for field, values in right(name).items():
        if field in offered:
            for value in values:
                assert any(value in choices for choices in offered[field]), (field, value)
    told = post(learner, name, right(name)).content.decode()
    assert "Right" in told and "Not yet" not in told and "Partly" not in told
    assert PracticeResponse.objects.get().correct


@pytest.mark.parametrize("name", ["order", "match", "region", "command", "case"])
def test_an_answer_is_kept_scored_explained_and_shown_again(learner: Client, name: str) -> None:
    told = post(learner, name, wrong(name)).content.decode()
    row = PracticeResponse.objects.get()
    assert row.score < 1 and not row.correct
    assert "CANARY" in told and ("Not yet" in told or "Partly right" in told)
    assert "CANARY" in page(learner)
    # What is kept is a form that parses to the answer, for statistics and for a change of the key.
    kind = items.all()[item(name).type]
    again = kind.parse(selectors.fields_of(json.loads(json.dumps(row.answer))), item(name).spec)
    assert kind.score(again, item(name).spec) == pytest.approx(row.score)
    told = post(learner, name, right(name)).content.decode()
    assert "2 tries" in told
    assert PracticeResponse.objects.get(attempt=2).correct


def test_an_order_is_explained_step_by_step(learner: Client) -> None:
    told = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", post(learner, "order", wrong("order")).content.decode()))
    for words in (
        "1 Make one You put it at 2",
        "2 Look at two You gave it no place",
        "Skip it You put it at 1; it belongs nowhere",
    ):
        assert words in told


def test_pairs_are_explained_one_by_one(learner: Client) -> None:
    told = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", post(learner, "match", wrong("match")).content.decode()))
    assert "S3 &amp; more You chose: Names" in told and "CANARY-OBJECTS Names: CANARY-NAMES" in told
    assert "EBS You chose nothing" in told


def test_a_case_tells_of_each_question(learner: Client) -> None:
    told = post(learner, "case", wrong("case")).content.decode()
    assert [re.sub(r"\s+", " ", one) for one in re.findall(r"Part \d of 3: [a-z ]+", told)] == [
        "Part 1 of 3: not yet",
        "Part 2 of 3: not answered",
        "Part 3 of 3: not answered",
    ]
    assert "You gave no answer." in told and "4242 GB" in told


@pytest.mark.parametrize(
    ("name", "fields", "told"),
    [
        ("order", {"answer": ["", ""]}, "Give 3 of the steps a place."),
        ("match", {"answer": [""]}, "Pick an answer for each line."),
        ("command", {"answer": ["aws s3 ls | sh"]}, "Type one command, without pipes"),
        ("region", {"answer": ["x" * 501]}, "That is longer than 500 characters."),
        ("case", {"answer-case-many": ["lots"]}, "Question 3: Type a number"),
        ("lab", {"answer": ["1"]}, "There is nothing to send."),
    ],
)
def test_a_malformed_answer_uses_up_no_try_and_keeps_what_was_typed(
    learner: Client, name: str, fields: Any, told: str
) -> None:
    answer = post(learner, name, fields)
    assert answer.status_code == 422
    shown = answer.content.decode()
    if name != "lab":
        assert told in shown and "This did not count as a try." in shown
    assert "CANARY" not in shown
    assert not PracticeResponse.objects.exists()
    for values in fields.values():
        assert name == "lab" or not values[0] or values[0] in shown


def test_what_was_chosen_is_still_chosen_when_the_answer_is_malformed(learner: Client) -> None:
    steps = item("order").spec.steps
    shown = post(learner, "order", {"answer": [f"{steps[0].id}=2", f"{steps[1].id}=2"]}).content.decode()
    assert "Two steps stand at place 2." in shown
    assert shown.count(" selected>2<") == 2


def test_a_lab_leads_to_its_lab(learner: Client) -> None:
    assert reverse("lab", args=["private-bucket-one-reader"]) in page(learner)


def test_the_order_is_a_persons_own_and_the_same_before_and_after() -> None:
    orders = {tuple(one.id for one in selectors.public(item("order"), seed=seed).entries) for seed in range(99)}
    assert len(orders) == 24
    case = {tuple(one.id for one in selectors.public(item("case"), seed=seed).parts[0].options) for seed in range(20)}
    assert len(case) == 2


def test_a_template_shows_what_a_live_attempt_may_show_and_no_more() -> None:
    for name in ("order", "match", "region", "command", "case", "lab"):
        found = item(name)
        order = tuple(reversed(items.orderable(found.type, found.spec)))
        blank = json.loads(json.dumps(items.blank(found.type, found.spec, order)))
        public = selectors.shown(id="q1", kind=found.type, stem=found.stem, blank=blank)
        html = render_to_string(f"items/{found.type}.html", {"item": public, "given": {}})
        assert "CANARY" not in html and "4242" not in html
        given = right(name) if name != "lab" else {}
        html = render_to_string(f"items/{found.type}.html", {"item": public, "given": given})
        for values in given.values():
            for value in filter(None, values):
                assert value in html
    order = items.orderable("ordering", item("order").spec)
    blank = items.blank("ordering", item("order").spec, order)
    shown = selectors.shown(id="q", kind="ordering", stem="?", blank=blank)
    html = render_to_string("items/ordering.html", {"item": shown})
    assert re.findall(r'value="(\w+)=1"', html) == list(order)
