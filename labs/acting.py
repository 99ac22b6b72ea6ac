"""Copies of a sandbox for the checks that act: each has one of its own, made when it begins and stopped when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from graders import BotoAccount
from graders.probe import NO_COPIES, ActingAccount, CannotAct, Copies
from labs.sandboxes import CannotFork, Credentials, Provider, Ref, Unavailable

__all__ = ["boto_account", "copies_of"]


def boto_account(credentials: Credentials) -> BotoAccount:
    """Return the account that credentials open."""
    return BotoAccount(**_description(credentials))


def copies_of(provider: Provider, ref: Ref) -> Copies:
    """Return what makes copies of `ref`, for BotoAccount.copies. It raises Unavailable; CannotAct where it never can.

    A lab that may act in the account itself, where there are no copies, would be told apart here.
    """

    @contextmanager
    def copy() -> Iterator[ActingAccount]:
        try:
            fork = provider.fork(ref)
        except CannotFork as error:
            raise CannotAct(NO_COPIES) from error
        try:
            learner = provider.learner_credentials(fork)
            yield ActingAccount(
                learner=boto_account(learner),
                anonymous_url=provider.grader_credentials(fork).anonymous_url,
                **_description(provider.grader_credentials(fork)),
            )
        finally:
            with suppress(Unavailable):  # it ends by itself
                provider.stop(fork)

    return copy


def _description(credentials: Credentials) -> dict[str, Any]:
    return {
        "account_id": credentials.account_id,
        "region": credentials.region,
        "endpoint_url": credentials.endpoint_url,
        "access_key_id": credentials.access_key_id,
        "secret_access_key": credentials.secret_access_key,
        "session_token": credentials.session_token,
    }
