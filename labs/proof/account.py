"""The account of a proof's sandbox, as its checks see it: fresh each time, with clients that were made before."""

from __future__ import annotations

import threading
from typing import Any

from graders import BotoAccount
from labs.sandboxes import Credentials


class _Kept(threading.local):
    """A thread's boto session and its clients, by region and endpoint."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str], BotoAccount] = {}


_kept = _Kept()


class Account(BotoAccount):
    """Takes its clients from the last account of this thread: making them is most of what a small grading costs.

    They sign with one object's keys, which are changed: an account is good until its thread makes the next one.
    """

    def __init__(self, credentials: Credentials) -> None:
        super().__init__(
            account_id=credentials.account_id,
            region=credentials.region,
            endpoint_url=credentials.endpoint_url,
            access_key_id=credentials.access_key_id,
            secret_access_key=credentials.secret_access_key,
            session_token=credentials.session_token,
        )
        last = _kept.accounts.setdefault((credentials.region, credentials.endpoint_url), self)
        self._clients: dict[tuple[str, str], Any] = last._clients
        if last is not self:
            self.__dict__["_session"] = last._session  # a cached_property
        keys: Any = self._session.get_credentials()
        keys.access_key, keys.secret_key = credentials.access_key_id, credentials.secret_access_key
        keys.token = credentials.session_token
