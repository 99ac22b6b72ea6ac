"""Where databases stand (subnet groups), and how their engines are set up (parameter groups)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Part,
    Picks,
    Row,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
)

FAMILIES = (
    "mysql8.0",
    "mysql8.4",
    "postgres14",
    "postgres15",
    "postgres16",
    "mariadb10.11",
    "aurora-mysql8.0",
    "aurora-postgresql15",
    "aurora-postgresql16",
)


def _subnet_groups(account: Account) -> Iterator[Thing]:
    places = {
        one["SubnetId"]: one["AvailabilityZone"] for one in account.read("ec2", "describe_subnets").get("Subnets", [])
    }
    for one in account.read("rds", "describe_db_subnet_groups").get("DBSubnetGroups", []):
        subnets = [each["SubnetIdentifier"] for each in one.get("Subnets", [])]
        zones = sorted({places.get(subnet, "?") for subnet in subnets})
        facts = (
            Fact("VPC", one.get("VpcId", "")),
            Fact("Zones", ", ".join(zones) or "none", "good" if len(zones) > 1 else "bad"),
            Fact("About", one.get("DBSubnetGroupDescription", "")),
        )
        links = (
            Link("ec2:vpc", one.get("VpcId", ""), "In"),
            *(Link("ec2:subnet", subnet, "Has") for subnet in subnets),
        )
        yield Thing(
            one["DBSubnetGroupName"], one["DBSubnetGroupName"], facts, one.get("DBSubnetGroupArn", ""), one, links=links
        )


SUBNETS = Picks(
    "SubnetIds", "Subnets", kind="ec2:subnet", required=True, help="In at least two zones. Private ones, for most."
)
SUBNET_GROUP = Kind(
    "subnet-group",
    "Subnet group",
    "Subnet groups",
    _subnet_groups,
    empty="A subnet group says in which subnets a database may stand. Two zones at least, so that a standby has a place.",
    command=(
        "aws rds create-db-subnet-group --db-subnet-group-name private "
        "--db-subnet-group-description private --subnet-ids subnet-… subnet-…"
    ),
    actions=(
        Action(
            "create",
            "Create subnet group",
            "rds.create_db_subnet_group",
            (
                Text("DBSubnetGroupName", "Name", required=True),
                Text("DBSubnetGroupDescription", "Description", required=True),
                SUBNETS,
            ),
            new=True,
        ),
        Action(
            "edit",
            "Change subnets",
            "rds.modify_db_subnet_group",
            (SUBNETS,),
            lambda account, at: {"SubnetIds": [one["SubnetIdentifier"] for one in at.thing.data.get("Subnets", [])]},
            thing="DBSubnetGroupName",
        ),
        delete("rds.delete_db_subnet_group", "DBSubnetGroupName", "Delete the group? No database may stand in it."),
    ),
)


def _parameter_groups(account: Account) -> Iterator[Thing]:
    for one in account.read("rds", "describe_db_parameter_groups").get("DBParameterGroups", []):
        name = one["DBParameterGroupName"]
        facts = (Fact("Family", one.get("DBParameterGroupFamily", "")), Fact("About", one.get("Description", "")))
        yield Thing(name, name, facts, one.get("DBParameterGroupArn", ""), one)


def _parameters(account: Account, it: Thing) -> Thing:
    found = ask(account, "rds", "describe_db_parameters", DBParameterGroupName=it.id).get("Parameters", [])
    rows = tuple(
        Row(
            one["ParameterName"],
            (one["ParameterName"], str(one.get("ParameterValue", "")), one.get("ApplyMethod", "")),
            data=one,
        )
        for one in found
        if one.get("ParameterValue") not in (None, "")
    )
    part = Part("parameters", "Parameters", ("Name", "Value", "Holds"), rows, "All as the engine has them.")
    return replace(it, properties=it.facts, parts=(part,))


def _set(v: Values, at: At) -> Iterator[Call]:
    one = {"ParameterName": v["ParameterName"], "ParameterValue": v["ParameterValue"], "ApplyMethod": v["ApplyMethod"]}
    yield call("rds", "modify_db_parameter_group", DBParameterGroupName=at.thing.id, Parameters=[one])


PARAMETER_GROUP = Kind(
    "parameter-group",
    "Parameter group",
    "Parameter groups",
    _parameter_groups,
    detail=_parameters,
    empty=(
        "A parameter group holds an engine's settings. The defaults cannot be "
        "changed: make one of your own and give it to the database."
    ),
    command=(
        "aws rds create-db-parameter-group --db-parameter-group-name mine "
        "--db-parameter-group-family mysql8.0 --description mine"
    ),
    actions=(
        Action(
            "create",
            "Create parameter group",
            "rds.create_db_parameter_group",
            (
                Text("DBParameterGroupName", "Name", required=True),
                Text(
                    "DBParameterGroupFamily",
                    "Family",
                    initial="mysql8.0",
                    options=FAMILIES,
                    required=True,
                    help="The engine with its version.",
                ),
                Text("Description", "Description", required=True),
            ),
            new=True,
        ),
        Action(
            "set",
            "Set parameter",
            _set,
            (
                Text("ParameterName", "Name", required=True, placeholder="max_connections"),
                Text("ParameterValue", "Value", required=True),
                Choice(
                    "ApplyMethod",
                    "Holds",
                    (("pending-reboot", "after the next reboot"), ("immediate", "at once (dynamic ones)")),
                    initial="pending-reboot",
                    required=True,
                ),
            ),
            part="parameters",
        ),
        delete("rds.delete_db_parameter_group", "DBParameterGroupName", "Delete the group? No database may use it."),
    ),
)
