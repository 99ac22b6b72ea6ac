"""Static files under names that hold their hash. Our own scripts import each other by these names, too.

Django's switch for that takes all scripts, and stumbles over an import in a comment of somebody else's. What frontend/
builds has its hashes already (static/dist/manifest.json): it is collected as it is, and never hashed a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

_IMPORTS = (
    (r"""(?m)^(?P<matched>import "(?P<url>\./[^"]+)";)""", 'import "%(url)s";'),
    (
        r"""(?m)^(?P<matched>import (?P<names>\{[^}]*\}) from "(?P<url>\./[^"]+)";)""",
        'import %(names)s from "%(url)s";',
    ),
)
_OURS = (("js/*.js", _IMPORTS),)
DIST = "dist/"


@lru_cache(maxsize=4)
def _manifest(path: Path, _changed: int) -> dict[str, str]:
    return dict(json.loads(path.read_text()))


def built_name(name: str, collected: str | None = None) -> str:
    """Return the hashed name of a built file: dist/terminal.js becomes dist/terminal-HASH.js.

    `collected` is where static files were collected to: a build that was made since is served from the next start on.
    """
    path = Path(collected or "") / DIST / "manifest.json"
    if not collected or not path.exists():
        path = settings.BASE_DIR / "static" / DIST / "manifest.json"
    try:
        files = _manifest(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return name
    return DIST + files.get(name.removeprefix(DIST), name.removeprefix(DIST))


class BuiltFiles:
    """Names of built files are read from the build's own manifest."""

    def url(self, name: str, force: bool = False) -> str:
        if name.startswith(DIST):
            collected: str = self.location  # type: ignore[attr-defined]
            return str(StaticFilesStorage.url(self, built_name(name, collected)))  # type: ignore[arg-type]
        # A page asks for some forty, and what was collected does not change while a process runs.
        if name not in self._urls:
            self._urls[name] = str(super().url(name, force))  # type: ignore[misc]
        return self._urls[name]

    @cached_property
    def _urls(self) -> dict[str, str]:
        return {}

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        ours = {name: found for name, found in paths.items() if not name.startswith(DIST)}
        yield from super().post_process(ours, **options)  # type: ignore[misc]


class PlainFiles(StaticFilesStorage):
    """Tests and development: names as they are, but for what is built."""

    def url(self, name: str | None) -> str:
        return super().url(built_name(name) if name and name.startswith(DIST) else name)


class HashedFiles(BuiltFiles, ManifestStaticFilesStorage):  # type: ignore[misc]
    patterns = (*ManifestStaticFilesStorage.patterns, *_OURS)


class CompressedHashedFiles(BuiltFiles, CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    patterns = (*CompressedManifestStaticFilesStorage.patterns, *_OURS)
