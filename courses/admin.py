"""The rows of courses for operators, to read: they are evidence, and the services write them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from courses.models import Enrolment, LessonRead, PracticeResponse


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
