"""What the API says, field by field. What is not named here does not leave the server."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from labs.models import LabSession
from labs.outbox import KINDS
from skylab.accounts.models import User
from skylab.api.models import Webhook
from skylab.api.tokens import MOST_DAYS, SCOPES

Shape = s.Serializer[Any]


class Problem(Shape):
    """A refusal (RFC 9457)."""

    type = s.CharField()
    status = s.IntegerField()
    code = s.CharField(help_text="The refusal's name, for programs.")
    detail = s.CharField(help_text="A sentence for people.")
    errors = s.JSONField(  # type: ignore[assignment]
        required=False, help_text="By field, where values cannot be used."
    )


class Nothing(Shape):
    """No body."""


# --- People ---------------------------------------------------------------------------------------------------------


class Person(Shape):
    id = s.IntegerField()
    username = s.CharField()
    email = s.CharField()
    role = s.ChoiceField(User.Role.choices)
    is_active = s.BooleanField()
    date_joined = s.DateTimeField()
    last_login = s.DateTimeField(allow_null=True)


class Me(Shape):
    id = s.IntegerField(source="user.id")
    username = s.CharField(source="user.username")
    email = s.CharField(source="user.email")
    role = s.ChoiceField(User.Role.choices, source="user.role")
    scopes = s.ListField(child=s.ChoiceField(list(SCOPES)), help_text="What this call may do: of the token, or of you.")


class RoleChange(Shape):
    role = s.ChoiceField(User.Role.choices)
    reason = s.CharField(max_length=400, help_text="Kept in the audit log.")


# --- Courses --------------------------------------------------------------------------------------------------------


class CourseRow(Shape):
    slug = s.CharField(source="course.slug")
    title = s.CharField(source="course.title")
    summary = s.CharField(source="course.summary")
    level = s.CharField(source="course.level")
    enrolled = s.BooleanField()
    percent = s.IntegerField()
    done = s.IntegerField(help_text="Lessons read, items answered right, labs completed.")
    total = s.IntegerField()


class LessonRow(Shape):
    slug = s.CharField()
    title = s.CharField()
    minutes = s.IntegerField()
    labs = s.ListField(child=s.CharField())


class ModuleRow(Shape):
    title = s.CharField()
    lessons = LessonRow(many=True)
    labs = s.ListField(child=s.CharField())


class CourseMap(CourseRow):
    modules = ModuleRow(many=True, source="course.modules")
    read = s.ListField(child=s.CharField(), help_text="Slugs of the lessons that you read.")
    labs_completed = s.ListField(child=s.CharField(), source="labs")


class LessonPart(Shape):
    html = s.CharField(allow_null=True)
    item = s.CharField(allow_null=True, help_text="The id of an item for practice that stands here.")


class LessonText(Shape):
    course = s.CharField(source="course.slug")
    slug = s.CharField(source="lesson.slug")
    title = s.CharField(source="lesson.title")
    minutes = s.IntegerField(source="lesson.minutes")
    labs = s.ListField(child=s.CharField(), source="lesson.labs")
    read = s.BooleanField()
    parts = LessonPart(many=True)


class Enrolled(Shape):
    course = s.CharField(source="course_slug")
    enrolled_at = s.DateTimeField()


class LessonReadAt(Shape):
    course = s.CharField(source="course_slug")
    lesson = s.CharField(source="lesson_slug")
    read_at = s.DateTimeField()


# --- Labs -----------------------------------------------------------------------------------------------------------


class LabTask(Shape):
    id = s.CharField()
    title = s.CharField()
    points = s.FloatField()


class LabRow(Shape):
    slug = s.CharField()
    title = s.CharField()
    summary = s.CharField()
    level = s.CharField()
    minutes = s.IntegerField()
    services = s.ListField(child=s.CharField())
    region = s.CharField()
    points = s.FloatField()
    tasks = LabTask(many=True)


class Session(Shape):
    id = s.UUIDField()
    lab = s.CharField(source="lab_slug")
    user = s.IntegerField(source="user_id")
    state = s.ChoiceField(LabSession.State.choices)
    failure = s.CharField()
    queued_at = s.DateTimeField()
    ready_at = s.DateTimeField(allow_null=True)
    expires_at = s.DateTimeField(allow_null=True)
    paused_until = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    completed_at = s.DateTimeField(allow_null=True)
    extensions = s.IntegerField()
    resets = s.IntegerField()
    score = s.FloatField()
    points = s.FloatField()


class Reason(Shape):
    """A check's line for the learner, as the page shows it."""

    title = s.CharField()
    outcome = s.CharField()
    found = s.CharField()
    needed = s.CharField()
    looked_at = s.CharField()
    counterexample = s.CharField()


class Task(Shape):
    id = s.CharField(source="task.id")
    title = s.CharField(source="task.title")
    outcome = s.CharField(allow_null=True, help_text="passed, failed, skipped, error; null: not judged yet.")
    score = s.FloatField()
    points = s.FloatField()
    checked_at = s.DateTimeField(allow_null=True)
    passed_at = s.DateTimeField(allow_null=True)
    stale = s.BooleanField(help_text="Something was changed since.")
    reasons = Reason(many=True, source="results")
    hints = s.ListField(child=s.CharField(), source="hints_shown", help_text="Those that were opened, as Markdown.")
    hints_left = s.IntegerField()
    next_cost = s.FloatField(help_text="Points that the next hint costs.")


class Hint(Shape):
    text = s.CharField(help_text="Markdown.")
    cost = s.FloatField(help_text="Points that the task gives less.")


class Grading(Shape):
    id = s.UUIDField()
    session = s.UUIDField(source="session_id")
    trigger = s.CharField()
    state = s.CharField(help_text="queued, done, dead")
    requested_at = s.DateTimeField()
    finished_at = s.DateTimeField(allow_null=True)
    score = s.FloatField(allow_null=True)
    points = s.FloatField(allow_null=True)


# --- Exams ----------------------------------------------------------------------------------------------------------


class ExamRow(Shape):
    slug = s.CharField(source="exam.slug")
    code = s.CharField(source="exam.code")
    title = s.CharField(source="exam.title")
    course = s.CharField(source="exam.course")
    minutes = s.IntegerField(source="exam.minutes")
    sittable = s.BooleanField()
    expired = s.BooleanField()


class Terms(Shape):
    """On which terms you may sit an exam at this moment."""

    exam = s.CharField()
    opens_at = s.DateTimeField(allow_null=True)
    closes_at = s.DateTimeField(allow_null=True)
    may_start = s.BooleanField()
    taken = s.IntegerField()
    left = s.IntegerField(allow_null=True, help_text="null: as often as you like.")
    next_at = s.DateTimeField(allow_null=True, help_text="When the cool-down is over.")
    open_attempt = s.UUIDField(allow_null=True)


class Attempt(Shape):
    id = s.UUIDField()
    exam = s.CharField(source="exam_slug")
    number = s.IntegerField()
    state = s.CharField(help_text="open, submitted, expired")
    started_at = s.DateTimeField()
    deadline_at = s.DateTimeField()
    finished_at = s.DateTimeField(allow_null=True)
    receipt = s.CharField()


class Domain(Shape):
    id = s.CharField()
    title = s.CharField()
    share = s.FloatField(help_text="Percents.")
    low = s.FloatField(help_text="95 %")
    high = s.FloatField()
    standing = s.CharField()


class Report(Shape):
    attempt = s.UUIDField(source="attempt.pk")
    exam = s.CharField(source="attempt.exam_slug")
    pass_mark = s.IntegerField()
    hidden = s.BooleanField(help_text="The exam shows whether it was passed, and no more.")
    waits_for_lab = s.BooleanField()
    passed = s.BooleanField(allow_null=True)
    scaled = s.IntegerField(source="score.scaled", default=None, allow_null=True)
    version = s.IntegerField(source="score.version", default=None, allow_null=True)
    changed = s.BooleanField(help_text="The score was changed by a regrade.")
    domains = Domain(many=True)
    credential = s.UUIDField(source="credential.pk", default=None, allow_null=True)


class ItemRow(Shape):
    """An item version's figures. null: it cannot be had of these answers."""

    item_id = s.CharField()
    revision = s.CharField()
    type = s.CharField()
    domain = s.CharField()
    n = s.IntegerField()
    facility = s.FloatField(allow_null=True)
    sd = s.FloatField(allow_null=True)
    discrimination = s.FloatField(allow_null=True)
    efficiency = s.FloatField(allow_null=True)
    alpha_deleted = s.FloatField(allow_null=True)
    omitted = s.IntegerField()
    seconds_median = s.FloatField(allow_null=True)
    flags = s.ListField(child=s.CharField())


# --- Tokens ---------------------------------------------------------------------------------------------------------


class TokenRow(Shape):
    id = s.IntegerField()
    name = s.CharField()
    start = s.CharField(help_text="Its first letters, to know it by.")
    scopes = s.ListField(child=s.ChoiceField(list(SCOPES)))
    created_at = s.DateTimeField()
    expires_at = s.DateTimeField()
    last_used_at = s.DateTimeField(allow_null=True)
    revoked_at = s.DateTimeField(allow_null=True)


class TokenWish(Shape):
    name = s.CharField(max_length=100)
    scopes = s.ListField(child=s.ChoiceField(list(SCOPES)), allow_empty=False, max_length=len(SCOPES))
    days = s.IntegerField(min_value=1, max_value=MOST_DAYS, default=90)


class NewToken(TokenRow):
    token = s.CharField(help_text="Shown here, once.")


# --- Webhooks, and the audit log ------------------------------------------------------------------------------------


class WebhookRow(Shape):
    id = s.IntegerField()
    url = s.CharField()
    kinds = s.ListField(child=s.CharField(), help_text="None: all.")
    enabled = s.SerializerMethodField()
    created_at = s.DateTimeField()
    disabled_at = s.DateTimeField(allow_null=True)
    disabled_why = s.CharField()
    failing_since = s.DateTimeField(allow_null=True)

    def get_enabled(self, row: Webhook) -> bool:
        return row.disabled_at is None


class NewWebhook(WebhookRow):
    secret = s.CharField(help_text="What we sign with: whsec_… Shown here only.")


class WebhookWish(Shape):
    url = s.CharField(max_length=500)
    kinds = s.ListField(child=s.ChoiceField(list(KINDS)), default=list, max_length=len(KINDS))


class WebhookChange(WebhookWish):
    enabled = s.BooleanField(default=True)


class DeliveryRow(Shape):
    id = s.UUIDField(help_text="The webhook-id that it was sent with.")
    kind = s.CharField(source="event.kind")
    subject = s.CharField(source="event.subject")
    state = s.CharField(help_text="waiting, arrived, failed")
    attempts = s.IntegerField()
    created_at = s.DateTimeField()
    last_at = s.DateTimeField(allow_null=True)
    status = s.IntegerField(allow_null=True)
    problem = s.CharField()


class AuditRow(Shape):
    number = s.IntegerField()
    at = s.CharField()
    actor = s.CharField()
    actor_id = s.IntegerField(allow_null=True)
    act = s.CharField()
    subject = s.CharField()
    origin = s.CharField()
    reason = s.CharField()
    data = s.DictField()  # type: ignore[assignment]
    digest = s.CharField()
