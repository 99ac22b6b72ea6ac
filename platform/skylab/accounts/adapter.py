"""Sign-up rules on top of allauth's."""

from __future__ import annotations

import unicodedata

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError


class AccountAdapter(DefaultAccountAdapter):
    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name in one canonical spelling, so that no two accounts look alike (CVE-2020-7245's class)."""
        canonical = unicodedata.normalize("NFKC", username).casefold().strip()
        if not canonical.isascii():
            raise ValidationError("Please use plain letters, digits and - _ . in your user name.")
        return str(super().clean_username(canonical, shallow))
