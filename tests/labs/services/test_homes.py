"""The learner's home in the browser's shell: limits, two windows at once, and the lines that were run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labs import selectors, services
from labs.models import HomeFile, LabSession
from labs.services import homes
from tests.e2e.scenes import make_session


@pytest.fixture
def session(bob: Any) -> LabSession:
    return make_session(bob)


def save(session: LabSession, path: str, data: bytes, known: str = "") -> homes.Saved:
    return services.save_file(session=session, path=path, data=data, known=known, now=timezone.now())


def kept(session: LabSession) -> dict[str, bytes]:
    return {row.path: bytes(row.data) for row in selectors.home_files(session)}


def test_a_file_is_kept_changed_and_removed(session: LabSession) -> None:
    first = save(session, "policies/role.json", b"{}")
    second = save(session, "policies/role.json", b"[]", known=first.version)
    assert kept(session) == {"policies/role.json": b"[]"} and first.version != second.version
    services.remove_file(session=session, path="policies/role.json", known=second.version)
    services.remove_file(session=session, path="policies/role.json", known=second.version)
    assert kept(session) == {}


def test_two_windows_do_not_overwrite_each_other(session: LabSession) -> None:
    base = save(session, "policy.json", b"base").version
    theirs = save(session, "policy.json", b"theirs", known=base)
    mine = save(session, "policy.json", b"mine", known=base)
    assert (theirs.other, mine.other) == ("", "policy.other.json")
    assert kept(session) == {"policy.json": b"mine", "policy.other.json": b"theirs"}
    third = save(session, "policy.json", b"third", known=base)
    assert third.other == "policy.other-2.json" and kept(session)["policy.other-2.json"] == b"mine"


def test_the_same_text_from_two_windows_is_no_conflict(session: LabSession) -> None:
    first = save(session, "notes", b"same")
    assert save(session, "notes", b"same") == first
    assert kept(session) == {"notes": b"same"}


def test_a_file_that_another_window_changed_is_not_removed(session: LabSession) -> None:
    base = save(session, "notes", b"base").version
    save(session, "notes", b"newer", known=base)
    with pytest.raises(homes.ChangedElsewhere, match="notes was changed in another window"):
        services.remove_file(session=session, path="notes", known=base)
    assert kept(session) == {"notes": b"newer"}


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../up", "a/../b", "a//b", "./a", "a/", "a\nb", "a\x00", "x" * 201]
)
def test_a_path_lies_below_the_home(session: LabSession, path: str) -> None:
    with pytest.raises(homes.BadPath, match="was not saved"):
        save(session, path, b"")
    assert kept(session) == {}


def test_a_file_may_be_one_mebibyte_and_no_more(session: LabSession) -> None:
    save(session, "large", bytes(homes.MOST_BYTES_A_FILE))
    with pytest.raises(homes.TooLarge, match="larger is 1 MiB: files up to 1 MiB"):
        save(session, "larger", bytes(homes.MOST_BYTES_A_FILE + 1))


def test_a_home_holds_so_many_bytes_and_files(session: LabSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "MOST_BYTES", 10)
    monkeypatch.setattr(homes, "MOST_FILES", 2)
    version = save(session, "one", b"12345678").version
    with pytest.raises(homes.HomeFull, match="two was not saved"):
        save(session, "two", b"123")
    save(session, "one", b"1234567890", known=version)  # its own old bytes do not count
    version = save(session, "two", b"").version
    with pytest.raises(homes.HomeFull):
        save(session, "three", b"")
    services.remove_file(session=session, path="two", known=version)
    save(session, "three", b"")


def test_a_conflict_that_has_no_room_changes_nothing(session: LabSession, monkeypatch: pytest.MonkeyPatch) -> None:
    save(session, "notes", b"theirs")
    monkeypatch.setattr(homes, "MOST_FILES", 1)
    with pytest.raises(homes.HomeFull):
        save(session, "notes", b"mine")
    assert kept(session) == {"notes": b"theirs"}


def test_what_has_ended_keeps_nothing_more_and_is_forgotten_in_time(session: LabSession) -> None:
    save(session, "notes", b"text")
    now = timezone.now()
    LabSession.objects.filter(pk=session.pk).update(state=LabSession.State.ENDED, ended_at=now)
    with pytest.raises(services.NotReady, match="This lab has ended"):
        save(session, "more", b"")
    with pytest.raises(services.NotReady):
        services.add_history(session=session, lines=["ls"], now=now)
    assert services.forget_homes(now=now + timedelta(days=29)) == 0
    services.sweep(now=now + timedelta(days=31))
    assert not HomeFile.objects.exists()


def test_history_is_the_labs_and_outlives_a_session(session: LabSession, bob: Any) -> None:
    now = timezone.now()
    services.add_history(session=session, lines=["ls", "  ", "aws s3 ls"], now=now)
    services.add_history(session=session, lines=["cat <<E\nx\nE"], now=now)
    LabSession.objects.filter(pk=session.pk).update(state=LabSession.State.ENDED)
    again = make_session(bob)
    assert selectors.shell_history(again) == ["ls", "aws s3 ls", "cat <<E\nx\nE"]
    services.clear_history(session=again)
    assert selectors.shell_history(again) == []


def test_an_exam_knows_nothing_of_what_was_practised(session: LabSession) -> None:
    services.add_history(session=session, lines=["the solution"], now=timezone.now())
    session.exam = True
    session.save()
    assert selectors.shell_history(session) == []


def test_history_keeps_the_newest(session: LabSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "MOST_LINES", 3)
    monkeypatch.setattr(homes, "MOST_LETTERS_A_HISTORY", 8)
    services.add_history(session=session, lines=["1", "2", "3", "4", "x" * 9000], now=timezone.now())
    assert selectors.shell_history(session) == ["2", "3", "4"]
    services.add_history(session=session, lines=["1234567"], now=timezone.now())
    assert selectors.shell_history(session) == ["4", "1234567"]
