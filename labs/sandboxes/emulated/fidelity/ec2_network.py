"""EC2: what is in use cannot be deleted, and a route to what is gone is a black hole.

https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html (State)
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

from moto.ec2.models import EC2Backend
from moto.ec2.models.route_tables import Route
from moto.ec2.responses import subnets
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Call, before

# Of each line one at least must be given, which the service model does not say: the calls' pages in the API reference.
_NEEDED: Final = {
    "CreateRoute": (
        ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"),
        ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "TransitGatewayId", "VpcPeeringConnectionId",
         "VpcEndpointId", "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn"),
    ),
    "CreateVolume": (("AvailabilityZone", "AvailabilityZoneId"), ("Size", "SnapshotId", "SourceVolumeId")),
    "CreateVpcEndpoint": (("ServiceName", "ResourceConfigurationArn", "ServiceNetworkArn"),),
    "CreateNetworkAclEntry": (("CidrBlock", "Ipv6CidrBlock"),),
}  # fmt: skip
_WITH_PORTS: Final = ("6", "17", "tcp", "udp")


def install() -> None:
    """Let moto's groups and routes know what else there is."""
    # AWS chooses a zone for who names none. Here it is always the last one: a lab's answer must not be right by chance.
    setattr(subnets, "random", SimpleNamespace(choice=lambda zones: list(zones)[-1]))  # noqa: B010
    delete, delete_vpc = EC2Backend.delete_security_group, EC2Backend.delete_vpc
    make_vpc = EC2Backend.create_vpc
    going: list[str] = []  # a network that is being deleted takes its default group along

    def make_with_group(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Let the wearers of the default group reach each other: .../vpc/latest/userguide/default-security-group.html"""
        vpc = make_vpc(self, *args, **kwargs)
        own = self.get_security_group_from_name("default", vpc.id)
        self.authorize_security_group_ingress(own.id, "-1", None, None, [], source_groups=[{"GroupId": own.id}])
        return vpc

    def delete_with_group(self: Any, vpc_id: str) -> Any:
        going.append(vpc_id)
        try:
            return delete_vpc(self, vpc_id)
        finally:
            going.clear()

    def delete_unused(self: Any, name: str | None = None, group_id: str | None = None) -> Any:
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group is not None:
            if group.name == "default" and group.vpc_id not in going:
                message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
                raise AwsError("CannotDelete", message, 400)
            if any(each == group.id for each in _used(self, group.id)):
                raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object", 400)
        return delete(self, name, group_id)

    moto_deletes = EC2Backend.delete_nat_gateway

    def delete_and_let_go(self: Any, nat_gateway_id: str) -> Any:
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None:
            message = f"The Nat Gateway {nat_gateway_id} was not found"
            raise AwsError("NatGatewayNotFound", message, 400)
        for elastic in self.addresses:
            if elastic.eni is gateway._eni:
                elastic.instance = elastic.eni = elastic.association_id = None
        self.enis.pop(gateway._eni.id, None)
        return moto_deletes(self, nat_gateway_id)

    EC2Backend.delete_security_group, EC2Backend.delete_nat_gateway = delete_unused, delete_and_let_go
    EC2Backend.create_vpc, EC2Backend.delete_vpc = make_with_group, delete_with_group
    Route.state = property(_state)


def _used(backend: Any, own: str) -> Iterator[str]:
    """Yield the groups that an interface, a balancer, a database or a rule of another group uses."""
    for nic in backend.enis.values():
        if nic.instance is None or nic.instance.state != "terminated":
            for group in nic.group_set:
                yield group.id
    for groups in backend.groups.values():
        for group in groups.values():
            if group.id != own:
                for rule in (*group.ingress_rules, *group.egress_rules):
                    yield str(rule.source_group.get("GroupId"))
    for balancer in elbv2_backends[backend.account_id][backend.region_name].load_balancers.values():
        yield from balancer.security_groups or ()
    for database in rds_backends[backend.account_id][backend.region_name].databases.values():
        yield from getattr(database, "vpc_security_group_ids", None) or ()


@before("ec2", *_NEEDED)
def what_is_needed_is_given(call: Call) -> None:
    """Refuse a call that says too little, which moto would keep half made."""
    for names in _NEEDED[call.operation.name]:
        if not any(call.parameters.get(name) for name in names):
            raise AwsError("MissingParameter", f"The request must contain the parameter {names[0]}", 400)


@before("ec2", "CreateVpcEndpoint")
def one_interface_a_zone(call: Call) -> None:
    """Refuse an endpoint that would have two interfaces in one subnet."""
    subnets = call.parameters.get("SubnetIds") or []
    if len(set(subnets)) < len(subnets):
        message = f"Found another VPC endpoint subnet in the availability zone of {subnets[0]}."
        raise AwsError("DuplicateSubnetsInSameZone", message, 400)


@before("ec2", "CreateNetworkAclEntry")
def ports_are_named(call: Call) -> None:
    """Refuse an entry for TCP or UDP without a range of ports, and ports that there are not."""
    ports = call.parameters.get("PortRange") or {}
    if str(call.parameters.get("Protocol")) in _WITH_PORTS and not ports:
        raise AwsError("MissingParameter", "The request must contain the parameter PortRange", 400)
    if any(not -1 <= int(ports.get(each, 0)) <= 65535 for each in ("From", "To")):
        raise AwsError("InvalidParameterValue", "Value for parameter portRange is invalid.", 400)


def _state(route: Any) -> str:
    backend = route.route_table.ec2_backend
    vpc = route.route_table.vpc_id
    gone = False
    if route.gateway is not None:
        gone = not _attached(backend, route.gateway, vpc)
    elif route.nat_gateway is not None:
        gone = route.nat_gateway.state not in ("available", "pending")
    elif route.instance is not None:
        gone = route.instance.state != "running"
    elif route.interface is not None:
        gone = route.interface.id not in backend.enis or route.interface.instance is None
    elif route.vpc_pcx is not None:
        gone = route.vpc_pcx.id not in backend.vpc_pcxs or route.vpc_pcx._status.code != "active"
    elif route.transit_gateway is not None:
        gone = route.transit_gateway.id not in backend.transit_gateways
    elif route.vpc_endpoint_id:
        gone = route.vpc_endpoint_id not in backend.vpc_end_points
    return "blackhole" if gone else "active"


def _attached(backend: Any, gateway: Any, vpc: str) -> bool:
    if gateway.id.startswith("vpce-"):
        return gateway.id in backend.vpc_end_points
    if gateway.id.startswith("igw-"):
        held = backend.internet_gateways.get(gateway.id)
        return held is not None and held.vpc is not None and held.vpc.id == vpc
    held = backend.vpn_gateways.get(gateway.id)
    return held is not None and vpc in held.attachments
