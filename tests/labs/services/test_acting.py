"""A grading's account can be copied for checks that act, by the provider of the session's own sandbox."""

from __future__ import annotations

from labs import selectors
from labs.models import LabSession
from tests.labs.doubles import MemoryProvider


def test_a_grading_copies_only_when_a_check_asks_for_it(ready: LabSession, provider: MemoryProvider) -> None:
    ref = selectors.ref_of(ready.sandbox)
    before = len(provider.diary)
    account = selectors.account_of(ready)
    assert provider.diary[before:] == []
    assert account.copies is not None
    with account.copies() as copy:
        assert copy.learner.description()["access_key_id"] == "AKIALEARNER"
        assert provider.diary[before:] == [("fork", ref)]
    assert [act for act, _ in provider.diary[before:]] == ["fork", "stop"]
    assert provider.running == {ref}
