"""What is read of platforms: for operators all, for who teaches a platform's course that course."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.http import Http404

from skylab.lti.models import Context, Deployment, Identity, Member, Platform, ResourceLink, Result
from skylab.lti.services.linking import teaches_in


@dataclass(frozen=True)
class Row:
    """Somebody of a platform's course, their account where they have one, and a result a link or None."""

    member: Member
    user: Any
    results: tuple[Result | None, ...]


def platforms() -> list[Platform]:
    """Return all registrations, with how many deployments they have and how many scores they are owed."""
    owed = Q(deployments__contexts__links__results__attempts__gt=0)
    rows = Platform.objects.annotate(
        places=Count("deployments", distinct=True),
        failing=Count("deployments__contexts__links__results", filter=owed, distinct=True),
    )
    return list(rows.order_by("title"))


def get_platform(platform_id: int) -> Platform:
    """Return a registration. Raises Http404."""
    found = Platform.objects.filter(pk=platform_id).first()
    if found is None:
        raise Http404("There is no such platform.")
    return found


def deployments(platform: Platform) -> list[Deployment]:
    return list(platform.deployments.annotate(courses=Count("contexts")).order_by("deployment_id"))


def contexts(platform: Platform) -> list[Context]:
    rows = Context.objects.filter(deployment__platform=platform).exclude(context_id="")
    return list(rows.annotate(people=Count("members", filter=Q(members__active=True))).order_by("title"))


def failing(platform: Platform) -> list[Result]:
    """Return the scores that did not arrive yet, those that wait longest first."""
    rows = Result.objects.filter(link__context__deployment__platform=platform, attempts__gt=0)
    return list(rows.select_related("link__context", "identity__user").order_by("due_at")[:100])


def get_context_for(user: Any, context_id: int) -> Context:
    """Return a platform's course for who operates the site, or teaches that course there. Raises Http404."""
    found = Context.objects.select_related("deployment__platform").filter(pk=context_id).first()
    if found is None or not (user.operates or teaches_in(user, context_id)):
        raise Http404("There is no such course.")
    return found


def roster(context: Context) -> tuple[list[ResourceLink], list[Row]]:
    """Return the links of a course, and its people with how they stand with each."""
    links = list(context.links.order_by("title", "pk"))
    members = list(context.members.filter(active=True).order_by("teaches", "name", "sub"))
    issuer = context.deployment.platform.issuer
    known = Identity.objects.filter(issuer=issuer, sub__in=[one.sub for one in members]).select_related("user")
    users = {one.sub: one.user for one in known}
    results = Result.objects.filter(link__in=links).annotate(sub=F("identity__sub"))
    cells = {(one.sub, one.link_id): one for one in results}
    return links, [
        Row(one, users.get(one.sub), tuple(cells.get((one.sub, link.pk)) for link in links)) for one in members
    ]


def identities_of(user: Any) -> list[Identity]:
    """Return whom a person is elsewhere."""
    return list(Identity.objects.filter(user_id=user.pk).order_by("linked_at"))
