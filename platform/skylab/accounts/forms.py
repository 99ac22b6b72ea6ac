"""The form of the settings page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from courses.models import Notice
from courses.services.notices import Way
from skylab.accounts import zones
from skylab.accounts.models import User


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How the site is for a person."""

    class Meta:
        model = User
        fields = ("time_zone", "language", "theme", "shortcuts", "terminal")
        labels = {
            "time_zone": "Time zone",
            "language": "Language",
            "theme": "Theme",
            "shortcuts": "Single-key shortcuts",
            "terminal": "In labs, begin with",
        }
        help_texts = {
            "time_zone": "Every time on the site is told in it: exams, labs, reports.",
            "language": "",
            "theme": "For this account, on every machine.",
            "shortcuts": "Such as 1 to 9 in drills and ? for a list. Turn them off if you speak to your computer or press "
            "keys by accident; those with Ctrl or ⌘ stay.",
            "terminal": "The command box is a plain line with its answer below: for screen readers and phones.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(
            choices=[("", "As my browser says"), *zones.choices()],
            label=self.fields["time_zone"].label,
            help_text=self.fields["time_zone"].help_text,
            required=False,
        )
        languages = [("", "As my browser says"), *settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(
            choices=languages,
            label=self.fields["language"].label,
            help_text=""
            if len(settings.LANGUAGES) > 1
            else "English only, so far. Everything is ready for translations; lessons may come in others before.",
            required=False,
        )
        self.fields["theme"] = forms.ChoiceField(
            choices=[("", "As each browser was told"), *User.Theme.choices],
            label=self.fields["theme"].label,
            help_text=self.fields["theme"].help_text,
            required=False,
        )
        for field in self.fields.values():
            field.label_suffix = ""


def chosen_ways(data: Any) -> dict[str, Way]:
    """Return how somebody wants to be told, of a form with a box `site-KIND` and `mail-KIND` for each kind."""
    return {kind: Way(f"site-{kind}" in data, f"mail-{kind}" in data) for kind in Notice.Kind.values}
