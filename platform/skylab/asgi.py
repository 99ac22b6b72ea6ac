"""The site as an ASGI application: `uvicorn skylab.asgi:application`."""

import os
import warnings
from typing import cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")
# WhiteNoise's files are read by chunks in a thread; Django says so for each of them.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
site = get_asgi_application()

from skylab.pulse import Pulsing  # noqa: E402 - the apps are ready now
from skylab.sandbox_proxy import SandboxProxy  # noqa: E402
from skylab.seats import App, Seats  # noqa: E402

application = Pulsing(SandboxProxy(Seats(cast(App, site))))
