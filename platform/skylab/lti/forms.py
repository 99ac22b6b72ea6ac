"""The form by which an operator registers a platform."""

from __future__ import annotations

from typing import Any

from django import forms

from skylab.lti import web
from skylab.lti.models import Platform


class PlatformForm(forms.ModelForm):  # type: ignore[type-arg]
    """A platform, and its deployments, one a line."""

    deployments = forms.CharField(
        label="Deployment IDs",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        required=False,
        help_text="One a line. Launches from any other are refused.",
    )

    class Meta:
        model = Platform
        fields = ("title", "issuer", "client_id", "auth_url", "token_url", "jwks_url", "audience", "origins", "active")
        labels = {
            "title": "Name",
            "issuer": "Issuer (platform ID)",
            "client_id": "Client ID",
            "auth_url": "Authentication request URL",
            "token_url": "Access token URL",
            "jwks_url": "Public keyset URL",
            "audience": "Audience of token requests",
            "origins": "Further addresses",
            "active": "Take launches, send scores",
        }
        help_texts = {
            "title": "As people here know it.",
            "issuer": "Exactly as the platform writes it, with or without a slash at the end.",
            "audience": "Where the platform wants another one than its access token URL.",
            "origins": "One a line, such as https://school.instructure.com: where its services and pages are, if not at "
            "one of the addresses above. Only there scores are sent, and only there our pages may be framed.",
        }
        widgets = {"origins": forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["deployments"] = "\n".join(self.instance.deployments.values_list("deployment_id", flat=True))
        for field in self.fields.values():
            field.label_suffix = ""

    def clean_origins(self) -> str:
        told = self.cleaned_data["origins"].split()
        for one in told:
            if web.origin_of(one) != one.rstrip("/"):
                raise forms.ValidationError(
                    f"{one[:200]} is no address like https://lms.example.org: nothing may follow the host."
                )
        return "\n".join(told)

    def clean_deployments(self) -> list[str]:
        told = [one.strip() for one in self.cleaned_data["deployments"].splitlines() if one.strip()]
        if any(len(one) > 255 for one in told):
            raise forms.ValidationError("A deployment ID has at most 255 characters.")
        return list(dict.fromkeys(told))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("auth_url", "token_url", "jwks_url"):
            if cleaned.get(name) and not web.origin_of(cleaned[name]):
                self.add_error(name, "It has to begin with https://.")
        return cleaned
