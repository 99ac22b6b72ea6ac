"""RDS: an instance with a standby says in which zone that is, and changes places with it in a failover.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RebootDBInstance.html
"""

from __future__ import annotations

from typing import Any

from moto.rds.models import DBInstance, rds_backends

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Call, before


def install() -> None:
    """Give moto's instances the zone of their standby."""
    DBInstance.secondary_availability_zone = property(_standby)


@before("rds", "RebootDBInstance")
def the_standby_takes_over(call: Call) -> None:
    """Change the places where ForceFailover asks for it; refuse where there is no standby."""
    if not call.parameters.get("ForceFailover"):
        return
    name = str(call.parameters.get("DBInstanceIdentifier", "")).lower()
    instance = rds_backends[call.account_id][call.region].databases.get(name)
    if instance is None:
        return  # moto says so
    if instance.secondary_availability_zone is None:
        message = (
            "ForceFailover cannot be specified since the instance is not configured for either MultiAZ or "
            "High Availability."
        )
        raise AwsError("InvalidParameterCombination", message, 400)
    instance.availability_zone, instance.standby_zone = instance.secondary_availability_zone, instance.availability_zone


def _standby(instance: Any) -> str | None:
    """Return another zone of the instance's subnets, the same each time; None without a standby."""
    if not instance.multi_az:
        return None
    group = getattr(instance, "db_subnet_group", None)
    zones = sorted({subnet.availability_zone for subnet in group._subnets}) if group else []
    zones = zones or [f"{instance.region}{letter}" for letter in "abc"]
    kept = instance.__dict__.get("standby_zone")
    if kept and kept != instance.availability_zone:
        return str(kept)
    return next((zone for zone in zones if zone != instance.availability_zone), None)
