"""The policies that an organization lays over its accounts.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from graders.iam.request import Policies, Policy


@dataclass(frozen=True)
class Unit:
    """The root, a unit or an account, with what is attached to it. `parent` is "" for the root."""

    parent: str = ""
    service_control: tuple[Policy, ...] = ()
    resource_control: tuple[Policy, ...] = ()


@dataclass(frozen=True)
class Organization:
    """A tree: `units` by id (an account's is its number); `management` is the account that no policy holds."""

    id: str
    management: str
    units: Mapping[str, Unit] = field(default_factory=dict)

    def above(self, account: str) -> tuple[Unit, ...]:
        """The levels over an account, the root first, the account itself last; none for a stranger."""
        return tuple(self._upwards(account))[::-1]

    def over(self, policies: Policies, caller: str) -> Policies:
        """The same policies with those of the levels over the caller's account and over the resource's."""
        guarded = tuple(one for unit in self.above(policies.owner) for one in unit.resource_control)
        levels = tuple(unit.service_control for unit in self.above(caller))
        return replace(policies, service_control=levels, resource_control=guarded, management=self.management)

    def path(self, account: str) -> str:
        """aws:PrincipalOrgPaths of the account's principals: "o-…/r-…/ou-…/"."""
        names = list(self._names(account))[1:]
        return "/".join([self.id, *reversed(names), ""])

    def _names(self, account: str) -> Iterator[str]:
        name = account
        while name in self.units:
            yield name
            name = self.units[name].parent

    def _upwards(self, account: str) -> Iterator[Unit]:
        return (self.units[name] for name in self._names(account))
