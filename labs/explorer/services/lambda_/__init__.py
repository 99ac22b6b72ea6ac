"""Lambda: functions, what starts them, and what a run answered."""

from labs.explorer.model import Service
from labs.explorer.services.lambda_.functions import FUNCTION

SERVICE = Service("lambda", "Lambda", "Programs that run when something happens.", (FUNCTION,))
