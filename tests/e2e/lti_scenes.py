"""Rows for the pages of learning platforms: one that is registered, with a course, people, and scores told and owed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from skylab.lti.models import Context, Identity, Member, Platform, ResourceLink, Result


def make_platform(learner: Any, *, now: datetime) -> dict[str, str]:
    """Write the scenes, and return what addresses want."""
    issuer = "https://lms.example.org"
    platform = Platform.objects.create(
        title="Campus",
        issuer=issuer,
        client_id="skylab-at-campus",
        auth_url=f"{issuer}/auth",
        token_url=f"{issuer}/token",
        jwks_url=f"{issuer}/jwks",
        created_at=now,
        active=False,
    )
    deployment = platform.deployments.create(deployment_id="1")
    context = Context.objects.create(
        deployment=deployment, context_id="c1", title="Cloud 101", memberships_url=f"{issuer}/members", roster_at=now
    )
    people = (("lin", "Lin Loh", False), ("mo", "", False), ("tea", "Tea Tran", True))
    for sub, name, teaches in people:
        Member.objects.create(context=context, sub=sub, name=name, teaches=teaches, seen_at=now)
    mine = Identity.objects.create(issuer=issuer, sub="lin", user=learner, linked_at=now)
    for at, (kind, slug, title) in enumerate(
        (("lab", "private-bucket-one-reader", "Week 3"), ("lesson", "aws-foundations/s3-access", "Week 4: reading"))
    ):
        link = ResourceLink.objects.create(
            context=context, link_id=str(at), kind=kind, slug=slug, title=title, seen_at=now
        )
        told = {"score": Decimal("7.5"), "maximum": Decimal(10), "digest": "a", "comment": "3 of 4 tasks passed."}
        if at:
            told |= {"attempts": 3, "due_at": now + timedelta(minutes=4), "error": "The platform answered 503."}
        else:
            told |= {"sent_digest": "a", "sent_at": now}
        Result.objects.create(link=link, identity=mine, **told)
    return {"platform": str(platform.pk), "lti_context": str(context.pk)}
