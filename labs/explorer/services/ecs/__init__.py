"""ECS: containers, as tasks and services."""

from labs.explorer.model import Service
from labs.explorer.services.ecs.clusters import CLUSTER
from labs.explorer.services.ecs.definitions import DEFINITION
from labs.explorer.services.ecs.services import SERVICE_KIND

SERVICE = Service("ecs", "ECS", "Containers, as tasks and services.", (CLUSTER, SERVICE_KIND, DEFINITION))
