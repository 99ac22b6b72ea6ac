"""Static files by WhiteNoise, with what the built ones need: their names hold a hash, and the worker may compile."""

from __future__ import annotations

import re
from typing import Any, Final

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

__all__ = ["WORKER_POLICY", "StaticFiles"]

_BUILT: Final = re.compile(r"/dist/(?:[\w.]+-[\w.]*[0-9A-Za-z]{8,10}(?:\.\w+)+|(?:pyodide|packs)-[0-9a-f]{10}/.+)$")
_WORKER: Final = re.compile(r"/dist/worker-[0-9A-Z]{8}\.js$")
# The worker has a policy of its own: it compiles WebAssembly, which no page of ours may, and reads from us only.
WORKER_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves static files before anything else looks at the request."""

    def immutable_file_test(self, path: str, url: str) -> bool:
        return bool(_BUILT.search(url)) or bool(super().immutable_file_test(path, url))

    def add_mime_headers(self, headers: Any, path: str, url: str) -> None:
        super().add_mime_headers(headers, path, url)
        if "/dist/" in url:
            headers["X-Content-Type-Options"] = "nosniff"
        if _WORKER.search(url):
            headers["Content-Security-Policy"] = WORKER_POLICY

    @staticmethod
    def serve(static_file: Any, request: Any) -> Any:
        response = WhiteNoiseMiddleware.serve(static_file, request)
        response.block_size = 256 << 10  # Django's 4 KiB make thousands of messages of a large file
        return response
