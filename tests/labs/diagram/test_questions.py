"""Questions asked of the shop: what the answer says, where it is marked, and what cannot be asked."""

from __future__ import annotations

import pytest

from graders import BotoAccount
from labs.diagram import Answer, Asked, Sketch, ask, choices, ends


def asked(account: BotoAccount, seen: Sketch, thing: str, question: str, **more: str) -> Answer:
    answer = ask(account, seen, Asked(thing, question, **more))
    assert answer is not None
    return answer


def said(answer: Answer) -> str:
    return " | ".join([answer.headline, answer.remedy, *(f"{one.note} {one.text}" for one in answer.lines)])


def test_the_internet_reaches_the_load_balancer_hop_by_hop(
    account: BotoAccount, seen: Sketch, shop: dict[str, str]
) -> None:
    answer = asked(account, seen, "balancer/shop", "internet", port="80")
    assert answer.tone == "yes" and answer.headline == "Yes: The internet reaches Load balancer shop on tcp 80"
    assert answer.path[:2] == ("internet", shop["igw"]) and answer.path[-1] == "balancer/shop"
    assert all(one.tone == "yes" for one in answer.lines)
    assert {one.key: one.ok for one in answer.marks}["balancer/shop"]


def test_what_stops_the_internet_is_named_and_marked(account: BotoAccount, seen: Sketch, shop: dict[str, str]) -> None:
    answer = asked(account, seen, shop["shop-a"], "internet", port="22")
    assert answer.tone == "no"
    words = said(answer)
    assert "no public IPv4 address" in words and "No inbound rule of app" in words and "NAT gateway lets no" in words
    marks = {one.key: one.ok for one in answer.marks}
    assert marks[shop["shop-a"]] is False and marks[shop["app-a"]] is False


def test_one_thing_reaches_another_on_the_port_that_its_group_opens(
    account: BotoAccount, seen: Sketch, shop: dict[str, str]
) -> None:
    for port, tone in (("3306", "yes"), ("5432", "no"), ("", "yes")):
        answer = asked(account, seen, "database/shop-db", "from", who=shop["shop-a"], port=port)
        assert answer.tone == tone, port
    assert "database/shop-db" in answer.path and "port 3306" in answer.question


def test_a_database_is_not_told_to_take_an_elastic_ip(account: BotoAccount, seen: Sketch) -> None:
    answer = asked(account, seen, "database/shop-db", "internet")
    assert "not publicly accessible" in said(answer) and "Elastic IP" not in said(answer)


def test_who_can_read_names_people_and_what_of_it(account: BotoAccount, seen: Sketch) -> None:
    answer = asked(account, seen, "bucket/shop-invoices", "reads")
    assert "Role reporting, only reports/*" in said(answer) and "User learner" in said(answer)
    assert answer.lines[0].tree is not None
    assert [one.key for one in answer.marks] == ["role/reporting"]


def test_one_principal_is_told_why_it_cannot(account: BotoAccount, seen: Sketch) -> None:
    answer = asked(account, seen, "bucket/shop-invoices", "may", who="role/reporting")
    assert answer.tone == "depends"
    assert "Can read objects, only reports/*" in said(answer) and "Cannot write objects" in said(answer)
    assert "access control list" not in answer.remedy and "s3:PutObject" in answer.remedy


def test_what_a_role_can_do_is_listed(account: BotoAccount, seen: Sketch) -> None:
    answer = asked(account, seen, "role/reporting", "does")
    assert "s3: GetObject on shop-invoices/reports/*" in said(answer)


def test_each_question_that_is_offered_has_an_answer(account: BotoAccount, seen: Sketch) -> None:
    for thing in seen.things:
        for choice in choices(seen, thing):
            field = next((one for one in choice.needs if one in ("who", "target")), "")
            other = ends(seen, thing, choice)[0].key if field else ""
            more = {field: other} if field else {}
            answer = asked(account, seen, thing.key, choice.question, **more)
            assert answer.headline and answer.tone in ("yes", "no", "depends"), (thing.key, choice.question, answer)
            assert answer.question.endswith("?")


@pytest.mark.parametrize(
    "question",
    [
        Asked("bucket/shop-invoices", "internet"),
        Asked("database/shop-db", "from", who="i-gone"),
        Asked("database/shop-db", "internet", port="70000"),
        Asked("bucket/shop-invoices", "may", who="nobody"),
        Asked("bucket/shop-invoices", "no such question"),
    ],
)
def test_what_cannot_be_asked_is_answered_in_a_sentence(account: BotoAccount, seen: Sketch, question: Asked) -> None:
    answer = ask(account, seen, question)
    assert answer is not None and answer.tone == "unknown" and answer.lines


def test_a_thing_that_is_gone_has_no_answer(account: BotoAccount, seen: Sketch) -> None:
    assert ask(account, seen, Asked("bucket/gone", "reads")) is None
    assert ask(account, seen, Asked("bucket/shop-invoices")) is None
