"""Auto Scaling: groups of instances that grow, shrink and heal by themselves."""

from labs.explorer.model import Service
from labs.explorer.services.autoscaling.groups import GROUP

SERVICE = Service(
    "autoscaling", "Auto Scaling", "Groups of instances that grow, shrink and heal by themselves.", (GROUP,)
)
