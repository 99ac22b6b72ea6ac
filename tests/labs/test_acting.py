"""Checks that act are given a copy of the sandbox, each its own, and nothing of it is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from graders import Account, CheckCall, Outcome, registry, run
from graders.check import Check, check
from graders.probe import ActingAccount, CannotAct, acting
from labs.acting import boto_account, copies_of
from labs.sandboxes import CannotFork, Credentials, Ref, Unavailable
from tests.labs.doubles import MemoryProvider

REF = Ref(7, 1, "123456789012", "us-east-1")
seen: list[ActingAccount] = []


@check(permissions=["s3:PutObject"], acts=True)
def tries(account: Account, *, what: str) -> None:
    """Something is tried: {what}."""
    seen.append(acting(account))
    if what == "breaks":
        raise RuntimeError(what)


@check(permissions=["s3:ListBucket"])
def looks(account: Account, *, what: str) -> None:
    """Something is looked at: {what}."""
    with pytest.raises(CannotAct):
        acting(account)


@pytest.fixture(autouse=True)
def _checks(monkeypatch: pytest.MonkeyPatch) -> None:
    own: dict[str, Check] = {"tries": tries, "looks": looks}
    monkeypatch.setattr(registry, "get", lambda name, *_: own[name])
    seen.clear()


@dataclass
class Provider(MemoryProvider):
    """Refuses copies as it is told to."""

    refusal: Exception | None = None
    forks: list[Ref] = field(default_factory=list)

    def fork(self, ref: Ref) -> Ref:
        if self.refusal:
            raise self.refusal
        self.forks.append(super().fork(ref))
        return self.forks[-1]

    def grader_credentials(self, ref: Ref) -> Credentials:
        return Credentials(f"AKIAGRADER{ref.number}", "s", None, ref.region, "http://h", ref.account_id, "http://h/_")


def account_in(provider: Provider) -> Any:
    account = boto_account(provider.grader_credentials(REF))
    account.copies = copies_of(provider, REF)
    return account


def test_each_check_that_acts_has_a_copy_of_its_own_which_is_stopped() -> None:
    provider = Provider()
    account = account_in(provider)
    for what in ("one", "breaks"):
        run(CheckCall("tries", {"what": what}), account)
    first, second = provider.forks
    assert first != second
    assert [act for act, _ in provider.diary] == ["fork", "stop", "fork", "stop"]
    assert provider.running == set()
    assert [each.description()["access_key_id"] for each in seen] == [
        f"AKIAGRADER{ref.number}" for ref in provider.forks
    ]
    assert [each.learner.description()["access_key_id"] for each in seen] == ["AKIALEARNER"] * 2


def test_a_check_that_only_looks_costs_no_copy() -> None:
    provider = Provider()
    assert run(CheckCall("looks", {"what": "it"}), account_in(provider)).outcome is Outcome.PASSED
    assert provider.diary == []


def test_where_no_copy_can_be_had_the_fault_is_ours() -> None:
    result = run(CheckCall("tries", {"what": "it"}), account_in(Provider(refusal=Unavailable("32 copies already"))))
    assert result.outcome is Outcome.ERROR
    assert "the fault is ours" in result.found


def test_where_there_are_no_copies_the_learner_is_told_so() -> None:
    for account in (account_in(Provider(refusal=CannotFork())), boto_account(Provider().grader_credentials(REF))):
        result = run(CheckCall("tries", {"what": "it"}), account)
        assert result.outcome is Outcome.ERROR
        assert "there are no copies of an account like this one" in result.found
    assert seen == []


def test_a_copy_that_cannot_be_stopped_ends_by_itself() -> None:
    provider = Provider()
    provider.stop = lambda ref: (_ for _ in ()).throw(Unavailable("away"))  # type: ignore[method-assign]
    assert run(CheckCall("tries", {"what": "it"}), account_in(provider)).outcome is Outcome.PASSED


def test_a_client_that_signs_nothing_goes_to_the_copys_own_address() -> None:
    run(CheckCall("tries", {"what": "it"}), account_in(Provider()))
    client = seen[0].anonymous("s3")
    assert client.meta.endpoint_url == "http://h/_"
    nowhere = ActingAccount(learner=seen[0], anonymous_url=None, **seen[0].description())
    with pytest.raises(CannotAct):
        nowhere.anonymous("s3")
