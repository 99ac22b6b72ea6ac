"""The Celery application: `celery -A skylab worker`."""

import os

from celery import Celery
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")
app = Celery("skylab")
app.set_default()  # "current" is a matter of one thread only: views and writers run in others
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A bell that was heard is not given back when its connection closes, either: the sweep finds the job.
Channel.do_restore = False
