"""CloudWatch: what is measured, and who is told."""

from labs.explorer.model import Service
from labs.explorer.services.cloudwatch.alarms import ALARM, COMPOSITE
from labs.explorer.services.cloudwatch.metrics import DASHBOARD, METRIC

SERVICE = Service(
    "cloudwatch", "CloudWatch", "What is measured, and who is told.", (ALARM, COMPOSITE, METRIC, DASHBOARD)
)
