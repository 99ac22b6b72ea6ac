"""Addresses of the pages that belong to no app."""

from typing import Any

urlpatterns: list[Any] = []
