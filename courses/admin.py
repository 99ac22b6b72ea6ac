"""The rows of courses for operators, to read: they are evidence, and the services write them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from courses.models import (
    Accommodation,
    Attempt,
    Credit,
    Enrolment,
    Event,
    LabPlace,
    LessonRead,
    PracticeResponse,
    Window,
)
from courses.services import accommodations, clock


class Evidence(admin.ModelAdmin):  # type: ignore[type-arg]  # Django cannot subscript it
    """Nothing is added or changed by hand."""

    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Enrolment)
class EnrolmentAdmin(Evidence):
    list_display = ("user", "course_slug", "enrolled_at")
    list_filter = ("course_slug",)
    search_fields = ("user__username", "user__email")


@admin.register(LessonRead)
class LessonReadAdmin(Evidence):
    list_display = ("user", "course_slug", "lesson_slug", "read_at")
    list_filter = ("course_slug",)
    search_fields = ("user__username", "user__email", "lesson_slug")


@admin.register(PracticeResponse)
class PracticeResponseAdmin(Evidence):
    list_display = ("user", "course_slug", "item_id", "attempt", "score", "correct", "answered_at")
    list_filter = ("course_slug", "correct")
    search_fields = ("user__username", "user__email", "item_id")


# --- Exams ----------------------------------------------------------------------------------------------------------


class AttemptRows(admin.TabularInline):  # type: ignore[type-arg]
    """What belongs to an attempt, to read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Credits(AttemptRows):
    model = Credit
    fields = ("given_at", "seconds", "reason", "actor", "key")
    ordering = ("given_at",)


class Events(AttemptRows):
    model = Event
    fields = ("at", "kind", "actor", "data")
    ordering = ("at",)


class LabPlaces(AttemptRows):
    model = LabPlace
    fields = ("place", "lab_slug", "state", "session", "frozen_at", "journal_seq", "graded_at", "digest")


@admin.register(Attempt)
class AttemptAdmin(Evidence):
    list_display = ("exam_slug", "user", "number", "state", "started_at", "deadline_at", "finished_at", "section")
    list_filter = ("state", "exam_slug")
    search_fields = ("id", "user__username", "user__email", "receipt")
    exclude = ("form", "seed")
    date_hierarchy = "started_at"
    inlines = (Credits, LabPlaces, Events)


@admin.register(Window)
class WindowAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """When exams may be sat. A new one takes the place of the one before; none is changed, as attempts refer to it."""

    list_display = ("exam_slug", "opens_at", "closes_at", "set_by", "set_at")
    list_filter = ("exam_slug",)
    exclude = ("set_by", "set_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Window, form: Any, change: bool) -> None:
        obj.set_by, obj.set_at = cast(Any, request.user), clock.now()
        super().save_model(request, obj, form, change)


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A grant, with the service's own sentence where it makes no sense."""

    class Meta:
        model = Accommodation
        fields = ("user", "exam_slug", "labs", "multiplier", "minutes", "reason")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        try:
            accommodations.hold_sense(found.get("multiplier", 0), found.get("minutes", 0), found.get("reason", ""))
        except accommodations.CannotGrant as refused:
            raise forms.ValidationError(str(refused)) from refused
        return found


@admin.register(Accommodation)
class AccommodationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """More time for people. Granted in the middle of an exam, it is on the candidate's screen with the next beat."""

    form = GrantForm
    list_display = (
        "user",
        "exam_slug",
        "labs",
        "multiplier",
        "minutes",
        "reason",
        "granted_by",
        "granted_at",
        "withdrawn_at",
    )
    list_filter = ("exam_slug",)
    search_fields = ("user__username", "user__email")
    raw_id_fields = ("user",)
    actions = ("withdraw",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Accommodation, form: Any, change: bool) -> None:
        made = accommodations.grant(
            user=obj.user,
            exam_slug=obj.exam_slug,
            labs=obj.labs,
            multiplier=obj.multiplier,
            minutes=obj.minutes,
            reason=obj.reason,
            actor=request.user,
            now=clock.now(),
        )
        obj.pk = made.pk

    @admin.action(description="Withdraw (time that was given stays given)", permissions=["view"])
    def withdraw(self, request: HttpRequest, queryset: Any) -> None:
        """Take grants back for what is to come."""
        for row in queryset:
            accommodations.withdraw(accommodation=row, now=clock.now())
