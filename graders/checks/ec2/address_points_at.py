"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html"""

from graders import Account, Fail, check, instances, networks


@check(permissions=[*instances.PERMISSIONS, "ec2:DescribeAddresses"])
def address_points_at(account: Account, *, instance: str, address: str = "", none_idle: bool = False) -> None:
    """An Elastic IP address points at {instance}.

    `address`: that one, by its Name tag, allocation id or IP. An address that EC2 gave for the time being is no Elastic
    IP. `none_idle`: no other Elastic IP of the region lies idle.
    """
    server = instances.the_instance(account, instance)
    listed = account.read("ec2", "describe_addresses").get("Addresses", [])
    values = {"instance": instance, "id": server["InstanceId"], "address": address or "an Elastic IP"}
    wanted = [
        one
        for one in listed
        if not address or address in (one.get("AllocationId"), one["PublicIp"], networks.tags_of(one).get("Name"))
    ]
    if not any(one.get("InstanceId") == server["InstanceId"] for one in wanted):
        names = {one["InstanceId"]: networks.tags_of(one).get("Name") for one in instances.all_instances(account)}
        held: dict[str, str] = next((one for one in wanted if one.get("InstanceId")), {})
        said = "{address} points at nothing." if wanted else "There is no Elastic IP {ip}."
        if held:
            said = "{address} points at {other}, not at {instance}."
        elif not wanted and not address:
            said = "{instance} has no Elastic IP.{near}"
        raise Fail(
            said,
            looked_at="the Elastic IP addresses in {region}",
            needed="{address} is associated with {instance} ({id}).",
            try_="aws ec2 associate-address --instance-id {id} --allocation-id … --allow-reassociation",
            counterexample="Traffic to the address does not get to {instance}.",
            ip=address,
            other=names.get(held.get("InstanceId", "")) or held.get("InstanceId", ""),
            near=" Its public address changes when it is stopped." if server.get("PublicIpAddress") else "",
            region=account.region,
            **values,
        )
    idle = [one["PublicIp"] for one in listed if not (one.get("AssociationId") or one.get("InstanceId"))]
    if none_idle and idle:
        raise Fail(
            "These Elastic IP addresses lie idle and cost money: {idle}.",
            looked_at="the Elastic IP addresses in {region}",
            needed="No Elastic IP without an association.",
            try_="aws ec2 release-address --allocation-id …",
            idle=idle,
            region=account.region,
            **values,
        )
