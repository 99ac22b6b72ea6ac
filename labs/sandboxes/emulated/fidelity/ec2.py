"""EC2: our images, and a default VPC that reaches the internet.

https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html: an internet gateway is attached to it, and its
main route table sends 0.0.0.0/0 there.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.instance_types import InstanceTypeBackend

from labs.sandboxes.emulated import amis


def install() -> None:
    """Give each region its images and its way out."""
    amis.install()
    make = EC2Backend.__init__

    def make_connected(self: Any, region_name: str, account_id: str) -> None:
        make(self, region_name, account_id)
        gateway = self.create_internet_gateway()
        self.attach_internet_gateway(gateway.id, self.default_vpc.id)
        table = self.describe_route_tables(filters={"vpc-id": self.default_vpc.id, "association.main": "true"})[0]
        self.create_route(table.id, "0.0.0.0/0", destination_ipv6_cidr_block=None, gateway_id=gateway.id)

    EC2Backend.__init__ = make_connected
    _look_types_up_by_name()


def _look_types_up_by_name() -> None:
    """Let moto look at the instance types that are asked for only: to look at all 1,395 costs a cell 5 MB of copies."""
    known = {each.name: each for each in InstanceTypeBackend.instance_types}
    look_at_all = InstanceTypeBackend.describe_instance_types

    def look_up(self: Any, instance_types: list[str] | None = None, filters: Any = None) -> Any:
        if instance_types and not filters and all(each in known for each in instance_types):
            return [known[each] for each in instance_types]
        return look_at_all(self, instance_types, filters)

    InstanceTypeBackend.describe_instance_types = look_up
