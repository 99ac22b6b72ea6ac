"""The settings of the test suite: the real ones, and the few lines that make tests fast."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SKYLAB_LOCAL", "1")
if "SKYLAB_DATA" not in os.environ:
    os.environ["SKYLAB_DATA"] = tempfile.mkdtemp(prefix="skylab-test-")
    atexit.register(shutil.rmtree, os.environ["SKYLAB_DATA"], ignore_errors=True)
# Tests that run side by side have a broker, a database and sockets of their own each.
_runner = os.environ.get("PYTEST_XDIST_WORKER", "")
if _runner and not os.environ["SKYLAB_DATA"].endswith(f"/{_runner}"):
    os.environ["SKYLAB_DATA"] += f"/{_runner}"
    os.makedirs(os.environ["SKYLAB_DATA"], exist_ok=True)  # noqa: PTH103

from skylab.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "skylab.storage.PlainFiles"},
}
WHITENOISE_AUTOREFRESH = True

# A file, not memory: threads and the worker processes of some tests share it. Durability is the machine's business here.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] = (  # noqa: F405
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA busy_timeout=20000;"
    )
