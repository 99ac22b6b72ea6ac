"""What operators see and may do to rows: look at nearly all, change next to nothing, try again what was given up."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from labs import audit, jobs, services
from labs.models import (
    ApiCall,
    AuditEntry,
    Grading,
    HintReveal,
    Job,
    LabRevision,
    LabSession,
    OutboxEvent,
    Sandbox,
    TaskResult,
)


class ReadOnly:
    """Rows are made and changed by services only."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class HintsInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = HintReveal
    extra = 0


class GradingsInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Grading
    fields = ("requested_at", "trigger", "state", "score", "points", "milliseconds", "journal_seq", "epoch")
    ordering = ("-requested_at",)
    show_change_link = True
    extra = 0


class ResultsInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = TaskResult
    extra = 0


@admin.register(LabSession)
class LabSessionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("lab_slug", "user", "state", "score", "points", "queued_at", "ready_at", "expires_at", "sandbox")
    list_filter = ("state", "lab_slug")
    search_fields = ("id", "user__username", "lab_slug", "sandbox__account_id")
    list_select_related = ("user", "sandbox")
    date_hierarchy = "queued_at"
    inlines = (GradingsInline, HintsInline)
    actions = ("end",)

    @admin.action(description="End (judge once more, keep the points, close the account)", permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[LabSession]) -> None:
        """End the sessions as their learners could."""
        now = timezone.now()
        for session in queryset:
            with transaction.atomic():
                told = {"owner": session.user_id, "lab": session.lab_slug}
                subject = f"session {session.pk}"
                audit.write(actor=request.user, act="session.ended", subject=subject, data=told, now=now)
                services.end_session(session=session, now=now)
        self.message_user(request, f"{len(queryset)} sessions are ending.", messages.SUCCESS)


@admin.register(Grading)
class GradingAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "session", "trigger", "state", "score", "points", "milliseconds", "requested_at")
    list_filter = ("state", "trigger")
    search_fields = ("id", "session__id", "session__user__username")
    list_select_related = ("session",)
    inlines = (ResultsInline,)


@admin.register(Sandbox)
class SandboxAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("number", "account_id", "provider", "region", "state", "epoch", "created_at", "last_call_at")
    list_filter = ("state", "provider", "region")
    search_fields = ("number", "account_id")


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("at", "sandbox", "epoch", "seq", "source", "service", "action", "status", "error_code", "tool")
    list_filter = ("service", "mutating", "source")
    search_fields = ("sandbox__account_id", "action", "error_code", "request_id")
    exclude = ("request",)
    show_full_result_count = False


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("kind", "key", "state", "attempts", "not_before", "lease_until", "created_at", "error")
    list_filter = ("state", "kind")
    search_fields = ("key", "error")
    actions = ("again",)

    @admin.action(description="Try again those that were given up", permissions=["view"])
    def again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Have jobs that were given up done after all."""
        now = timezone.now()
        dead = list(queryset.filter(state=Job.State.DEAD))
        for job in dead:
            with transaction.atomic():
                audit.write(actor=request.user, act="job.again", subject=f"job {job.key}", now=now)
                jobs.enqueue(kind=job.kind, key=job.key, payload=job.payload, now=now)
        self.message_user(request, f"{len(dead)} jobs are tried again.", messages.SUCCESS)


@admin.register(LabRevision)
class LabRevisionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("slug", "revision", "created_at")
    search_fields = ("slug", "revision")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The audit log: the database, too, refuses to change it."""

    list_display = ("number", "at", "actor", "act", "subject", "origin", "reason")
    list_filter = ("act",)
    search_fields = ("actor", "subject", "reason", "origin")
    ordering = ("-number",)
    show_full_result_count = False


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("at", "kind", "user", "subject", "told_at")
    list_filter = ("kind",)
    search_fields = ("subject", "user__username")
    list_select_related = ("user",)
    show_full_result_count = False
