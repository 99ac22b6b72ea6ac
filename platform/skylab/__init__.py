"""The Django project: the top layer, the only one that knows all the others."""

from skylab.celery import app as celery_app

__all__ = ["celery_app"]
