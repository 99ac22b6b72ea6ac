"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html"""

import json
from typing import Any

from graders import Account, Fail, check, stacks


def _of_type(account: Account, stack: str, kind: str) -> list[dict[str, Any]]:
    """Return the resources of a type as the template writes them."""
    stacks.the_stack(account, stack)
    held = stacks.template(account, stack).get("Resources", {})
    return [one for one in held.values() if one.get("Type") == kind]


def _ids(account: Account, stack: str, kind: str) -> list[str]:
    stacks.the_stack(account, stack)
    return [one["PhysicalResourceId"] for one in stacks.resources(account, stack) if one["ResourceType"] == kind]


@check(permissions=["cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources"])
def made_if(account: Account, *, stack: str, kind: str) -> None:
    """The template of {stack} has a {kind}, under a condition."""
    held = _of_type(account, stack, kind)
    if not held:
        raise Fail("The template of {stack} has no {kind}.", stack=stack, kind=kind)
    conditions = stacks.template(account, stack).get("Conditions", {})
    if any(one.get("Condition") not in conditions for one in held):
        raise Fail("The {kind} of {stack} is under no condition of the template.", stack=stack, kind=kind)


@check(permissions=["cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources"])
def image_is_mapped(account: Account, *, stack: str) -> None:
    """The image of the instance of {stack} comes from a mapping, by region."""
    stacks.the_stack(account, stack)
    template = stacks.template(account, stack)
    for one in _of_type(account, stack, "AWS::EC2::Instance"):
        image = one.get("Properties", {}).get("ImageId")
        if not isinstance(image, dict) or "Fn::FindInMap" not in image:
            raise Fail(
                "The ImageId of the instance is {image}.",
                looked_at="the template of {stack}",
                needed="Fn::FindInMap: each region has an image of its own.",
                stack=stack,
                image=json.dumps(image),
            )
        table = template.get("Mappings", {}).get(image["Fn::FindInMap"][0], {})
        if account.region not in table or "AWS::Region" not in json.dumps(image):
            raise Fail("The mapping is not asked by the region, or has no row for {region}.", region=account.region)
        return
    raise Fail("The template of {stack} has no instance.", stack=stack)


@check(
    permissions=[
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackResources",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
    ]
)
def serves(account: Account, *, stack: str, port: int) -> None:
    """The instance of {stack} runs and wears the stack's group, which admits port {port} from everywhere."""
    groups = _ids(account, stack, "AWS::EC2::SecurityGroup")
    instances = _ids(account, stack, "AWS::EC2::Instance")
    if not groups or not instances:
        raise Fail("{stack} has no instance, or no security group.", stack=stack)
    told = account.read("ec2", "describe_instances", InstanceIds=instances)["Reservations"]
    instance = told[0]["Instances"][0]
    if instance["State"]["Name"] not in ("running", "pending"):
        raise Fail("The instance of {stack} is {state}.", stack=stack, state=instance["State"]["Name"])
    if instance["InstanceType"] != "t3.micro":
        raise Fail("The instance of {stack} is a {kind}, not a t3.micro.", stack=stack, kind=instance["InstanceType"])
    worn = [one["GroupId"] for one in instance.get("SecurityGroups", []) if one["GroupId"] in groups]
    if not worn:
        raise Fail("The instance of {stack} does not wear the group of the stack.", stack=stack)
    for group in account.read("ec2", "describe_security_groups", GroupIds=worn)["SecurityGroups"]:
        for rule in group["IpPermissions"]:
            open_ = any(one["CidrIp"] == "0.0.0.0/0" for one in rule.get("IpRanges", []))
            if open_ and rule["IpProtocol"] == "tcp" and rule["FromPort"] == rule["ToPort"] == port:
                return
    raise Fail(
        "The group of {stack} does not admit port {port}, and no other, from everywhere.", stack=stack, port=port
    )


@check(permissions=["cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources"])
def nests_from(account: Account, *, stack: str, bucket: str) -> None:
    """{stack} nests a template that lies in {bucket}."""
    nested = _of_type(account, stack, "AWS::CloudFormation::Stack")
    if not nested:
        raise Fail("The template of {stack} nests no stack.", stack=stack)
    urls = [json.dumps(one.get("Properties", {}).get("TemplateURL")) for one in nested]
    if not any(f"/{bucket}." in url or f"/{bucket}/" in url or f'"{bucket}' in url for url in urls):
        raise Fail("{stack} nests {urls}, and nothing from {bucket}.", stack=stack, urls=", ".join(urls), bucket=bucket)


@check(permissions=["cloudformation:DescribeStacks", "cloudformation:ListStackResources", "ec2:DescribeRouteTables"])
def leads_outside(account: Account, *, stack: str) -> None:
    """The subnet of {stack} has a route to its internet gateway, for everything."""
    tables = _ids(account, stack, "AWS::EC2::RouteTable")
    doors = _ids(account, stack, "AWS::EC2::InternetGateway")
    subnets = _ids(account, stack, "AWS::EC2::Subnet")
    if not tables or not doors or not subnets:
        raise Fail("{stack} lacks a route table, a gateway or a subnet.", stack=stack)
    for table in account.read("ec2", "describe_route_tables", RouteTableIds=tables)["RouteTables"]:
        uses = {one.get("SubnetId") for one in table["Associations"]}
        leads = any(
            one.get("DestinationCidrBlock") == "0.0.0.0/0" and one.get("GatewayId") in doors for one in table["Routes"]
        )
        if leads and uses & set(subnets):
            return
    raise Fail("No subnet of {stack} uses a table with 0.0.0.0/0 to the gateway.", stack=stack)


@check(permissions=["cloudformation:DescribeStacks", "cloudformation:ListStackResources", "s3:GetBucketVersioning"])
def keeps_versions(account: Account, *, stack: str) -> None:
    """The bucket of {stack} keeps versions."""
    buckets = _ids(account, stack, "AWS::S3::Bucket")
    if not buckets:
        raise Fail("{stack} has no bucket.", stack=stack)
    for bucket in buckets:
        status = account.read("s3", "get_bucket_versioning", Bucket=bucket).get("Status", "never turned on")
        if status != "Enabled":
            raise Fail("Versioning of {bucket} is {status}.", bucket=bucket, status=status)
