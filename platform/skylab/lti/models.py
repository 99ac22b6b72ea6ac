"""The platforms that send people to us (LTI 1.3), who came from them to what, and the scores that they are owed."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class Key(models.Model):
    """The public half of a key that we sign with. It is published from when it is made until a while after it was retired."""

    kid = models.CharField(max_length=64, primary_key=True, help_text="Its thumbprint (RFC 7638).")
    jwk: Any = models.JSONField(help_text="Public: kty, n, e.")
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.kid


class Platform(models.Model):
    """A learning management system that an operator registered: who signs its launches, and where its services are."""

    title = models.CharField(max_length=100)
    issuer = models.CharField(max_length=255, help_text="Exactly as the platform writes it: iss of its launches.")
    client_id = models.CharField(max_length=255, help_text="Our name there.")
    auth_url = models.CharField(max_length=500)
    token_url = models.CharField(max_length=500)
    jwks_url = models.CharField(max_length=500)
    audience = models.CharField(
        max_length=500, blank=True, help_text="aud of our requests for a token; empty: token_url."
    )
    origins = models.TextField(blank=True, help_text="Further addresses of the platform, one a line: https://host")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    jwks: Any = models.JSONField(default=dict, help_text="Its public keys, as they were read last.")
    jwks_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "client_id"], name="one_registration_a_client")]

    def __str__(self) -> str:
        return self.title


class Deployment(models.Model):
    """A place of a platform where we were put: an institution, a course. A launch from another one is refused."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "deployment_id"], name="one_row_a_deployment")]

    def __str__(self) -> str:
        return f"{self.deployment_id} of {self.platform_id}"


class Identity(models.Model):
    """Somebody of a platform, and the account that is theirs here. It was linked by themselves, signed in to it."""

    issuer = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lti_identities")
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "sub"], name="one_account_an_identity")]

    def __str__(self) -> str:
        return f"{self.sub} of {self.issuer}"


class Nonce(models.Model):
    """A launch that was taken: the same one is not taken again. Kept until it would have expired anyhow."""

    value = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.value[:8]


class Context(models.Model):
    """A course of a platform."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="contexts")
    context_id = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True)
    memberships_url = models.CharField(max_length=1000, blank=True, help_text="Its roster (NRPS).")
    roster_at = models.DateTimeField(null=True, blank=True)
    roster_error = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "context_id"], name="one_row_a_context")]

    def __str__(self) -> str:
        return self.title or self.context_id


class Member(models.Model):
    """Somebody of a platform's course, as its roster or their own launch said last."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="members")
    sub = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    teaches = models.BooleanField(default=False, help_text="In that course; it means nothing anywhere else.")
    active = models.BooleanField(default=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["context", "sub"], name="one_row_a_platform_member")]

    def __str__(self) -> str:
        return f"{self.sub} in {self.context_id}"


class ResourceLink(models.Model):
    """A link in a platform's course that leads to a lab, a lesson or an exam of ours, and its column in the gradebook."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="links")
    link_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, help_text="lab | lesson | exam")
    slug = models.CharField(max_length=210, help_text="Of a lesson: course/lesson.")
    title = models.CharField(max_length=255, blank=True)
    lineitem_url = models.CharField(max_length=1000, blank=True)
    lineitems_url = models.CharField(max_length=1000, blank=True)
    may_score = models.BooleanField(default=False)
    may_make = models.BooleanField(default=False, help_text="Whether we may make a column where there is none.")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["context", "link_id"], name="one_row_a_link")]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug} in {self.context_id}"


class Launch(models.Model):
    """A launch that was verified, on its way to the page that it asked for. It is of one browser and ends soon."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="launches")
    link = models.ForeignKey(ResourceLink, null=True, on_delete=models.CASCADE, related_name="+")
    sub = models.CharField(max_length=255)
    browser = models.CharField(max_length=64, help_text="SHA-256 of what the browser holds, hex.")
    target = models.CharField(max_length=500, help_text="A path of ours.")
    learns = models.BooleanField(default=False)
    name: Any = models.JSONField(default=dict, help_text="As the platform told: given, family.")
    choosing: Any = models.JSONField(
        default=dict, help_text="Deep linking: what is asked for, and where the answer goes."
    )
    created_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.id} to {self.target}"


class Result(models.Model):
    """What a person did behind a link, as it stands and as the platform was told. The row is the queue: lti/services/grades."""

    link = models.ForeignKey(ResourceLink, on_delete=models.CASCADE, related_name="results")
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="results")
    activity = models.CharField(max_length=12, default="Initialized")
    grading = models.CharField(max_length=16, default="NotReady")
    score = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    maximum = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    comment = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="Of all that; empty: there is nothing to tell yet.")
    sent_digest = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    stamp = models.DateTimeField(null=True, help_text="Timestamp of the last score: the next one's is later.")
    attempts = models.PositiveIntegerField(default=0, help_text="That failed, since one went well.")
    due_at = models.DateTimeField(null=True, help_text="When it is tried (again); null: nothing is owed.")
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "identity"], name="one_result_a_person")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="lti_results_owed")]

    def __str__(self) -> str:
        return f"{self.score} of {self.maximum} for {self.identity_id}"
