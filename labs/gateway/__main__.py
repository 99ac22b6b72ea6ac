"""`python -m labs.gateway`: the sandbox host. Ends with status 2 and a remedy where it cannot start."""

from __future__ import annotations

import os
import resource
import sys


def main() -> int:
    """Run until SIGTERM. Return the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")
    import django

    django.setup()
    import uvloop

    # The journal's threads share the interpreter with the event loop, and 5 ms (Python's own) is as long as two calls.
    sys.setswitchinterval(0.0005)
    # A descriptor for each connection and each cell: take what the system allows.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))

    from labs.gateway.host import PortTaken, bind, serve
    from labs.sandboxes.jail import JailUnavailable

    try:
        from django.conf import settings

        listener = bind(settings.SANDBOX_BIND)
        uvloop.run(serve(listener))
    except (PortTaken, JailUnavailable) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
