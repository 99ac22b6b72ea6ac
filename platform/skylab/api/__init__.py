"""The REST API at /api/v1/: every endpoint is one call into a service or a selector that the pages use too."""
