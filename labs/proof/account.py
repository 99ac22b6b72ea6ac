"""The account of a proof's sandbox, as its checks see it: fresh each time, with clients that were made before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graders import BotoAccount
from graders.probe import ActingAccount, Copies
from labs.acting import boto_account, copies_of
from labs.sandboxes import Provider, Ref

__all__ = ["account_of", "with_kept_clients"]


class _Kept(threading.local):
    """A thread's boto sessions and their clients, by who looks, region and endpoint."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str, str | None], BotoAccount] = {}


_kept = _Kept()


def account_of(provider: Provider, ref: Ref) -> BotoAccount:
    """Return the account of a sandbox, which is good until this thread is given the next one.

    It takes its clients from the last one, as its copies and their learners do: making them is most of what a small
    grading costs.
    """
    account = with_kept_clients(boto_account(provider.grader_credentials(ref)), "grader")
    account.copies = _copies(provider, ref)
    return account


def _copies(provider: Provider, ref: Ref) -> Copies:
    make = copies_of(provider, ref)

    @contextmanager
    def copy() -> Iterator[ActingAccount]:
        with make() as account:
            with_kept_clients(account.learner, "learner")
            with_kept_clients(account, "copy")
            yield account

    return copy


def with_kept_clients(account: BotoAccount, who: str) -> BotoAccount:
    """Give an account the clients of the last one of its kind. They sign with one object's keys, which are changed."""
    last = _kept.accounts.setdefault((who, account.region, account.description()["endpoint_url"]), account)
    if last is not account:
        account._clients = last._clients
        account.__dict__["_session"] = last._session  # a cached_property
    keys: Any = account._session.get_credentials()
    keys.access_key, keys.secret_key, keys.token = account._credentials
    return account
