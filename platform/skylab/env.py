"""Read settings from the environment, and fail loudly where a value cannot be used."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadSetting(SystemExit):
    """A setting cannot be used; the text names it and says what to write instead."""


def env(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that NAME_FILE points to, or the default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE={path} cannot be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """Return a flag: 1, true, yes, on or 0, false, no, off."""
    value = env(name, str(default)).strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off", ""):
        return False
    raise BadSetting(f"{name}={value!r} is neither true nor false. Write 1 or 0.")


def env_int(name: str, default: int) -> int:
    """Return a whole number."""
    value = env(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise BadSetting(f"{name}={value!r} is not a whole number.") from error


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words of a variable."""
    return [word.strip() for word in env(name, default).split(",") if word.strip()]


def networks(name: str, found: list[str]) -> list[str]:
    """Return the words of a variable, each of which is a network."""
    for one in found:
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            raise BadSetting(f"{name}: {one!r} is no network. Write 10.1.2.0/24.") from error
    return found


def database(url: str) -> dict[str, Any]:
    """Turn sqlite:///path or postgres://user:password@host:port/name?option=value into Django's setting."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(url.removeprefix("sqlite:///")),
            "OPTIONS": {
                "timeout": 20,
                # A writer takes its lock at once: an upgrade in mid-transaction fails without waiting.
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise BadSetting(f"DATABASE_URL={url!r}: write sqlite:///path or postgres://user:password@host/name.")
