"""The settings of the test suite: the real ones, and the few lines that make tests fast."""

import os
import tempfile

os.environ.setdefault("SKYLAB_LOCAL", "1")
os.environ.setdefault("SKYLAB_DATA", tempfile.mkdtemp(prefix="skylab-test-"))

from skylab.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
