"""EC2: our images, and a default VPC that reaches the internet.

https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html: an internet gateway is attached to it, and its
main route table sends 0.0.0.0/0 there.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend

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
