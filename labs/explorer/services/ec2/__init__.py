"""EC2 and VPC: servers, their disks, and the network that they stand in."""

from labs.explorer.model import Service
from labs.explorer.services.ec2.acls import ACL
from labs.explorer.services.ec2.addresses import ADDRESS, INTERFACE
from labs.explorer.services.ec2.gateways import ENDPOINT, INTERNET_GATEWAY, NAT_GATEWAY, PEERING, VPN_GATEWAY
from labs.explorer.services.ec2.groups import GROUP
from labs.explorer.services.ec2.images import IMAGE, KEY_PAIR
from labs.explorer.services.ec2.instances import INSTANCE
from labs.explorer.services.ec2.routing import ROUTE_TABLE
from labs.explorer.services.ec2.storage import SNAPSHOT, VOLUME
from labs.explorer.services.ec2.templates import TEMPLATE
from labs.explorer.services.ec2.vpcs import SUBNET, VPC

SERVICE = Service(
    "ec2",
    "EC2 and VPC",
    "Servers, their disks, and the network that they stand in.",
    (
        *(INSTANCE, GROUP, VPC, SUBNET, ROUTE_TABLE, INTERNET_GATEWAY, NAT_GATEWAY, ACL, ADDRESS, VOLUME, SNAPSHOT),
        *(KEY_PAIR, TEMPLATE, IMAGE, ENDPOINT, PEERING, VPN_GATEWAY, INTERFACE),
    ),
)
