"""The people, for operators: looked at; their roles changed with a reason, by the service that writes the audit log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from labs.refusals import Refusal
from skylab.accounts import services
from skylab.accounts.models import User


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A role, and why."""

    reason = forms.CharField(max_length=400, help_text="Kept in the audit log.")

    class Meta:
        model = User
        fields = ("role",)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        try:
            services.hold_role_change(
                user_id=self.instance.pk, role=found.get("role", ""), reason=found.get("reason", "")
            )
        except Refusal as refused:
            raise forms.ValidationError(str(refused)) from refused
        return found


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = RoleForm
    list_display = ("username", "email", "role", "is_active", "date_joined", "last_login", "deletion_due_at")
    list_filter = ("role", "is_active")
    search_fields = ("username", "email")
    readonly_fields = ("username", "email", "is_active", "date_joined", "last_login", "deletion_due_at")
    fields = (*readonly_fields, "role", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        services.change_role(
            user_id=obj.pk,
            role=form.cleaned_data["role"],
            reason=form.cleaned_data["reason"],
            actor=request.user,
            now=timezone.now(),
        )
