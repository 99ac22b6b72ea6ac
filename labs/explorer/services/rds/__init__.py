"""RDS: relational databases, with the copies and backups of each."""

from labs.explorer.model import Service
from labs.explorer.services.rds.clusters import CLUSTER, PROXY
from labs.explorer.services.rds.groups import PARAMETER_GROUP, SUBNET_GROUP
from labs.explorer.services.rds.instances import INSTANCE
from labs.explorer.services.rds.snapshots import SNAPSHOT

SERVICE = Service(
    "rds",
    "RDS",
    "Relational databases, with the copies and backups of each.",
    (INSTANCE, CLUSTER, SNAPSHOT, SUBNET_GROUP, PARAMETER_GROUP, PROXY),
)
