"""Elastic Load Balancing: one address in front of many servers."""

from labs.explorer.model import Service
from labs.explorer.services.elbv2.balancers import BALANCER
from labs.explorer.services.elbv2.targets import TARGET_GROUP

SERVICE = Service("elbv2", "Load balancers", "One address in front of many servers.", (BALANCER, TARGET_GROUP))
