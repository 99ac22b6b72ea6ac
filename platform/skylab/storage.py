"""Static files under names that hold their hash. Our own scripts import each other by these names, too.

Django's switch for that takes all scripts, and stumbles over an import in a comment of somebody else's.
"""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

_IMPORTS = (
    (r"""(?m)^(?P<matched>import "(?P<url>\./[^"]+)";)""", 'import "%(url)s";'),
    (
        r"""(?m)^(?P<matched>import (?P<names>\{[^}]*\}) from "(?P<url>\./[^"]+)";)""",
        'import %(names)s from "%(url)s";',
    ),
)
_OURS = (("js/*.js", _IMPORTS),)


class HashedFiles(ManifestStaticFilesStorage):
    patterns = (*ManifestStaticFilesStorage.patterns, *_OURS)


class CompressedHashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    patterns = (*CompressedManifestStaticFilesStorage.patterns, *_OURS)
