"""Whether the scripts that need a build are there (frontend/build.py), and why not."""

from __future__ import annotations

from django.conf import settings


def built() -> bool:
    """Return whether the browser terminal was built."""
    return bool((settings.BASE_DIR / "static" / "dist" / "manifest.json").exists())


def why_not() -> str:
    """Return why there is no browser terminal, as a sentence; empty where there is one."""
    if built():
        return ""
    try:
        return str((settings.BASE_DIR / "static" / "dist" / "missing.txt").read_text().strip())
    except FileNotFoundError:
        return "It was not built on this server: “make frontend” builds it."
