"""The account that a check looks at, and how it is read: whole pages, once a grading, "not there" told apart."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from graders.reach import EVERYTHING

if TYPE_CHECKING:
    from graders.probe import Copies

# Reading and merging botocore's JSON models is most of the price of a client: once a process is enough.
LOADER = botocore.loaders.create_loader()

CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    s3={"addressing_style": "path"},
    user_agent="skylab-grader",
)
# A session is graded again and again; to make its clients anew, to work out their endpoints and to connect is a third of
# a grading. So many accounts keep theirs.
KEPT_ACCOUNTS = 8


class Account(Protocol):
    """An AWS account in its home region. Lives for one grading, so that what it read stays true for that grading."""

    account_id: str
    region: str

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto-style client, the same one each time."""

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer of a read operation (client method name), all its pages, asked once a grading.

        Raises botocore's ClientError as it came. Callers must not change the answer.
        """

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gave the first time it was asked for `key`; an exception is not kept."""


class _Read(NamedTuple):
    """What was asked; the answer is kept by it."""

    service: str
    operation: str
    region: str
    parameters: str


class BotoAccount:
    """An account behind an endpoint (`endpoint_url=None`: AWS itself)."""

    # Makes copies for the checks that act (graders/probe.py); None: there are none to be had.
    copies: Copies | None = None

    def __init__(
        self,
        *,
        account_id: str,
        region: str,
        endpoint_url: str | None,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
    ) -> None:
        self.account_id = account_id
        self.region = region
        self._endpoint_url = endpoint_url
        self._credentials = (access_key_id, secret_access_key, session_token)
        self._config = CONFIG
        self._clients = _clients_of(endpoint_url, account_id, *self._credentials)
        self._kept: dict[Hashable, Any] = {}
        self._seen_for: dict[Hashable, frozenset[str]] = {}
        self._seen: list[set[str]] = []

    def description(self) -> dict[str, str | None]:
        """What `BotoAccount(**description)` makes the same account of, in another process; it holds the secret."""
        names = ("access_key_id", "secret_access_key", "session_token")
        keys = dict(zip(names, self._credentials, strict=True))
        return {"account_id": self.account_id, "region": self.region, "endpoint_url": self._endpoint_url, **keys}

    def speak_as(self, tool: str) -> None:
        """Make calls under a tool's name from here on, each once: what changes something is not to be done twice."""
        self._config = CONFIG.merge(Config(user_agent=tool, retries={"total_max_attempts": 1}, read_timeout=60))
        self._clients = _clients_of(tool, self._endpoint_url, self.account_id, *self._credentials)

    @functools.cached_property
    def _session(self) -> Any:
        session = botocore.session.Session()
        session.register_component("data_loader", LOADER)
        session.set_credentials(*self._credentials)
        return session

    def keep_from(self, earlier: BotoAccount, still: Callable[[frozenset[str]], bool]) -> None:
        """Take over the answers of an earlier look at this account, of services that `still` answer the same."""
        for key, seen in earlier._seen_for.items():
            # Answers only: what was made of them may go on reading by the account that it was made with.
            if isinstance(key, _Read) and still(seen):
                self._kept[key], self._seen_for[key] = earlier._kept[key], seen

    @contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Give the set that the services' names go into which are looked at within, by what was kept as well."""
        seen: set[str] = set()
        self._seen.append(seen)
        try:
            yield seen
        finally:
            self._seen.pop()
            self._note(seen)

    def _note(self, services: Iterable[str]) -> None:
        if self._seen:
            self._seen[-1].update(services)

    def client(self, service: str, region: str | None = None) -> Any:
        self._note((service,))
        key = (service, region or self.region)
        if key not in self._clients:
            client = self._session.create_client(
                service, region_name=key[1], endpoint_url=self._endpoint_url, config=self._config
            )
            if service == "s3control" and self._endpoint_url:
                client.meta.events.register("before-call.s3-control", _keep_host)
            self._clients[key] = client
        return self._clients[key]

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        def ask() -> dict[str, Any] | ClientError:
            try:
                return self._ask(self.client(service, region), operation, parameters)
            except ClientError as error:
                return error

        key = _Read(service, operation, region or self.region, repr(sorted(parameters.items())))
        answer: dict[str, Any] | ClientError = self.once(key, ask)
        if isinstance(answer, ClientError):
            raise answer
        return answer

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            with self.watched() as seen:
                self._kept[key] = make()
            self._seen_for[key] = frozenset(seen)
        else:
            self._note(self._seen_for.get(key, ()))
        return self._kept[key]

    @staticmethod
    def _ask(client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if client.can_paginate(operation):
            pages: dict[str, Any] = client.get_paginator(operation).paginate(**parameters).build_full_result()
            return pages
        answer: dict[str, Any] = getattr(client, operation)(**parameters)
        return answer


def watched(account: Account) -> AbstractContextManager[set[str]]:
    """`account.watched()`; of an account that does not tell, the set says that it looks at everything."""
    return account.watched() if isinstance(account, BotoAccount) else nullcontext({EVERYTHING})


@functools.lru_cache(maxsize=KEPT_ACCOUNTS)
def _clients_of(*account: str | None) -> dict[tuple[str, str], Any]:
    """The clients by service and region of all who look at an account with the same key."""
    return {}


def _keep_host(params: dict[str, Any], **_: Any) -> None:
    """Undo botocore's endpoint rules, which put the account id before the endpoint's host.

    Whichever account's: a proof uses a client again for the next account (labs/proof/account.py).
    """
    params["url"] = re.sub(r"//[0-9]{12}\.", "//", params["url"], count=1)


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_absence(error: ClientError) -> bool:
    """Whether AWS said "there is no such thing" (NoSuch…, …NotFound…, NonExistent…, 404), and nothing else."""
    code = error_code(error)
    return code == "404" or any(word in code for word in ("NoSuch", "NotFound", "NonExistent", "DoesNotExist"))


def read_or_none(
    account: Account, absent: str, service: str, operation: str, *, region: str | None = None, **parameters: Any
) -> dict[str, Any] | None:
    """`account.read`, with None for the one error code `absent` (a bucket without a policy, say)."""
    try:
        return account.read(service, operation, region=region, **parameters)
    except ClientError as error:
        if error_code(error) == absent:
            return None
        raise
