"""Where a check acts: in a copy of the account that ends with the check, and as whom.

    @check(permissions=["s3:GetObject"], acts=True)
    def anonymous_get_refused(account: Account, *, bucket: str) -> None:
        probe = acting(account)
        probe.anonymous("s3").get_object(Bucket=bucket, Key=…)

`account.read` of a probe keeps what it read, like any account's: look by it before you act, by a client after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from graders.account import CONFIG, Account, BotoAccount, error_code

__all__ = ["ActingAccount", "CannotAct", "Copies", "acting", "copy_of", "is_refusal"]

NO_COPIES = (
    "This is tried out in a copy of the account, and there are no copies of an account like this one: "
    "it was not judged, which costs you nothing."
)
_REFUSALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})


class CannotAct(Exception):
    """There is no copy to act in, and never will be: not the learner's fault. The sentence is shown."""


class ActingAccount(BotoAccount):
    """A copy of an account, in which a check may do anything: its own calls are held by no policy of the account.

    `learner` is the learner's own key in the copy; `anonymous_url` is where unsigned calls go (None: they cannot be made).
    """

    def __init__(self, *, learner: BotoAccount, anonymous_url: str | None, **own: Any) -> None:
        super().__init__(**own)
        self.learner = learner
        self._anonymous_url = anonymous_url

    def anonymous(self, service: str) -> Any:
        """Return a client that signs nothing, as a browser or curl would be. Raises CannotAct."""
        if self._anonymous_url is None:
            raise CannotAct(NO_COPIES)
        config = CONFIG.merge(Config(signature_version=UNSIGNED))
        made: Any = self._session.create_client(
            service, region_name=self.region, endpoint_url=self._anonymous_url, config=config
        )
        return made

    def role(self, role: str, **more: Any) -> BotoAccount:
        """Return the account as who wears a role (name or ARN) sees it, whomever its trust policy names.

        `more` goes to AssumeRole: a session policy, tags. Raises ClientError where there is no such role.
        """
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{self.account_id}:role/{role}"
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="probe", **more)["Credentials"]
        return BotoAccount(
            account_id=self.account_id,
            region=self.region,
            endpoint_url=self.description()["endpoint_url"],
            access_key_id=given["AccessKeyId"],
            secret_access_key=given["SecretAccessKey"],
            session_token=given["SessionToken"],
        )


Copies = Callable[[], AbstractContextManager[ActingAccount]]


@contextmanager
def copy_of(account: Account) -> Iterator[Account]:
    """Give a copy of `account`, new and for one check. Raises CannotAct, and what the maker of copies raises."""
    copies: Copies | None = getattr(account, "copies", None)
    if copies is None:
        raise CannotAct(NO_COPIES)
    with copies() as copy:
        yield copy


def acting(account: Account) -> ActingAccount:
    """Return the account as one to act in. Raises CannotAct where it is none."""
    if not isinstance(account, ActingAccount):
        raise CannotAct(NO_COPIES)
    return account


def is_refusal(error: ClientError) -> bool:
    """Whether AWS said that the caller may not, and nothing else."""
    return error_code(error) in _REFUSALS
