"""The forms of classes. Times are typed in the class's time zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from courses.classes.things import choices
from courses.models import Assignment, Cohort


class MomentField(forms.DateTimeField):
    """A moment in the class's zone: what the browser's own picker gives. Empty is none."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **more)


class InZone(forms.Form):
    """A form whose times are of one zone, whatever the reader's is."""

    def __init__(self, *args: Any, zone: str, **more: Any) -> None:
        self.zone = ZoneInfo(zone)
        super().__init__(*args, **more)
        self.label_suffix = ""
        for name, field in self.fields.items():
            if isinstance(field, MomentField) and isinstance(moment := self.initial.get(name), datetime):
                self.initial[name] = moment.astimezone(self.zone).replace(tzinfo=None)

    def full_clean(self) -> None:
        """Read the times in the class's zone."""
        with timezone.override(self.zone):
            super().full_clean()


class CohortForm(forms.Form):
    """A class: what it is called, when it is, and when somebody counts as stuck."""

    name = forms.CharField(label="Name", max_length=100)
    term = forms.CharField(label="Term", max_length=60, required=False, help_text="Such as “Autumn 2026”.")
    starts_on = forms.DateField(
        label="First day", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Due dates are meant in it; each learner sees them in their own."
    )
    stuck_minutes = forms.IntegerField(
        label="Stuck after so many minutes",
        min_value=1,
        max_value=240,
        initial=10,
        help_text="Without progress, and with the same reason found again.",
    )

    def __init__(self, *args: Any, zones: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = zones

    def clean(self) -> dict[str, Any]:
        """Hold that a class does not end before it begins."""
        told = super().clean() or {}
        if told.get("starts_on") and told.get("ends_on") and told["starts_on"] > told["ends_on"]:
            self.add_error("ends_on", "The last day is before the first.")
        return told


class AssignmentForm(InZone):
    """What has to be done, and when."""

    thing = forms.ChoiceField(label="What")
    opens_at = MomentField(label="Opens")
    due_at = MomentField(label="Due")
    cutoff_at = MomentField(label="Cut-off", help_text="What is done later does not count.")
    points = forms.DecimalField(label="Points", min_value=0, max_value=10000, decimal_places=2, initial=100)
    weight = forms.DecimalField(label="Weight", min_value=0, max_value=1000, decimal_places=2, initial=1)
    late_rule = forms.ChoiceField(label="Late work", choices=Assignment.LateRule.choices)
    late_percent = forms.IntegerField(label="Percent lost a day", min_value=0, max_value=100, initial=10)

    def __init__(self, *args: Any, fixed: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if fixed:
            del self.fields["thing"]
        else:
            field = self.fields["thing"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices()


class OverrideForm(InZone):
    """Other times for one learner."""

    user = forms.ChoiceField(label="Learner")
    opens_at = MomentField(label="Opens")
    due_at = MomentField(label="Due")
    cutoff_at = MomentField(label="Cut-off")
    multiplier = forms.DecimalField(
        label="Times the minutes", min_value=1, max_value=10, decimal_places=2, initial=1, help_text="In a lab."
    )
    minutes = forms.IntegerField(label="Minutes more", min_value=0, max_value=1440, initial=0, help_text="In a lab.")
    excused = forms.BooleanField(label="Excused: it need not be done", required=False)
    reason = forms.CharField(label="Why", max_length=400, help_text="Instructors see it, and so does the learner.")

    def __init__(self, *args: Any, cohort: Cohort, members: Any, **more: Any) -> None:
        super().__init__(*args, zone=cohort.time_zone, **more)
        field = self.fields["user"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.user_id, one.user.username) for one in members]
