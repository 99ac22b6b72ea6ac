"""Route 53: what a zone answers, and how its health checks are.

A check of an address of this account is well where an instance that runs holds it and a security group lets the checkers
in; of an address outside of it, always: nobody here can look. Disabled checks are well, inverted ones the other way round.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_TestDNSAnswer.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.route53.models import route53_backends
from moto.route53.responses import Route53

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.world import WORLD

_CHECKERS: Final = ("us-east-1", "us-west-2", "eu-west-1")
_DEEPEST: Final = 8


def install() -> None:
    """Let moto's health checks look."""
    Route53.get_health_check_status = _status


def _backend() -> Any:
    return route53_backends[WORLD.account_id]["aws"]


def _is_well(name: str | None, depth: int = 0) -> bool:
    """Return whether the health check finds its endpoint well; without a check it is."""
    check = _backend().health_checks.get(name or "")
    if check is None or str(check.disabled).lower() == "true" or depth > _DEEPEST:
        return True
    if check.type_ == "CALCULATED":
        well = sum(_is_well(each, depth + 1) for each in check.children or [])
        found = well >= int(check.health_threshold or 0)
    elif check.type_ == "CLOUDWATCH_METRIC":
        told = getattr(check, "alarm_identifier", None) or {}
        held = cloudwatch_backends[WORLD.account_id][told.get("Region") or WORLD.spec.region].alarms
        found = told.get("Name") not in held or held[told["Name"]].state_value != "ALARM"
    else:
        addresses = [check.ip_address] if check.ip_address else _addresses(str(check.fqdn or ""), depth)
        found = all(_answers(each, int(check.port or 80)) for each in addresses)
    return not found if str(check.inverted).lower() == "true" else found


def _answers(address: str, port: int) -> bool:
    for _, backend in sorted(dict.items(ec2_backends[WORLD.account_id])):
        for nic in backend.enis.values():
            if nic.public_ip == address:
                return (nic.instance is None or nic.instance.state == "running") and _is_open(nic, port)
        if any(each.public_ip == address for each in backend.addresses):
            return False  # ours, and nothing holds it
    return True


def _is_open(nic: Any, port: int) -> bool:
    for group in nic.group_set:
        for rule in group.ingress_rules:
            fits = rule.ip_protocol == "-1" or (
                rule.ip_protocol == "tcp" and int(rule.from_port) <= port <= int(rule.to_port)
            )
            if fits and rule.ip_range.get("CidrIp") == "0.0.0.0/0":
                return True
    return False


def _addresses(name: str, depth: int) -> list[str]:
    for zone in _backend().zones.values():
        if name and _dotted(name).endswith(_dotted(zone.name)):
            return _records(zone, name, "A", depth + 1)[0]
    return []


def _dotted(name: str) -> str:
    return name.lower().rstrip(".") + "."


def _records(zone: Any, name: str, kind: str, depth: int = 0) -> tuple[list[str], bool]:
    """Return what the zone answers, and whether it has a record of that name."""
    wanted = _dotted(name)
    named = [each for each in zone.rrsets if _dotted(each.name) == wanted]
    if not named:  # a wildcard takes what has no record of its own
        star = "*." + wanted.partition(".")[2]
        named = [each for each in zone.rrsets if _dotted(each.name).replace("\\052", "*") == star]
    chosen = _chosen([each for each in named if each.type in (kind, "CNAME")])
    if chosen is None or depth > _DEEPEST:
        return [], bool(named)
    if chosen.alias_target:
        target = str(chosen.alias_target.get("DNSName", ""))
        return (_records(zone, target, kind, depth + 1)[0] or [_dotted(target)]), True
    return [str(each["Value"] if isinstance(each, dict) else each) for each in chosen.records or []], True


def _chosen(found: list[Any]) -> Any:
    """Return the record that answers: by failover, by weight, or the first; a sick one only where all are."""
    well = [each for each in found if _is_well(each.health_check_id)]
    first = next((each for each in well if each.failover == "PRIMARY"), None)
    if first is not None or not found:
        return first
    secondary = next((each for each in found if each.failover == "SECONDARY"), None)
    if secondary is not None:
        return secondary
    left = well or found
    weights = [int(each.weight or 0) for each in left]
    if any(weights):
        return mock_random.choices(left, weights)[0]
    return left[0]


@before("route53", "TestDNSAnswer")
def the_zone_answers(call: Call) -> Answer:
    """Answer as the zone's name servers would."""
    given = call.parameters
    zone = _backend().zones.get(str(given.get("HostedZoneId", "")).rpartition("/")[2])
    if zone is None:
        message = f"No hosted zone found with ID: {given.get('HostedZoneId')}"
        raise AwsError("NoSuchHostedZone", message, 404)
    name, kind = str(given.get("RecordName")), str(given.get("RecordType"))
    found, is_there = _records(zone, name, kind)
    code = "NOERROR" if is_there else "NXDOMAIN"
    entries = "".join(f"<RecordDataEntry>{escape(each)}</RecordDataEntry>" for each in found)
    body = (
        '<?xml version="1.0"?>\n<TestDNSAnswerResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
        f"<Nameserver>ns-2048.awsdns-64.com</Nameserver><RecordName>{escape(_dotted(name))}</RecordName>"
        f"<RecordType>{escape(kind)}</RecordType><RecordData>{entries}</RecordData>"
        f"<ResponseCode>{code}</ResponseCode><Protocol>UDP</Protocol></TestDNSAnswerResponse>"
    )
    return Answer(200, {"content-type": "text/xml"}, body.encode())


def _status(self: Any) -> Any:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html"""
    name = self._get_param("HealthCheckId")
    self.backend.get_health_check(name)  # moto says that there is none
    said = "Success: HTTP Status Code 200, OK" if _is_well(name) else "Failure: The health check endpoint timed out."
    checked = datetime.fromtimestamp(timeline.now(), UTC)
    report = {"Status": said, "CheckedTime": checked}
    told = [
        {"Region": each, "IPAddress": f"15.177.{at}.1", "StatusReport": report} for at, each in enumerate(_CHECKERS)
    ]
    return ActionResult({"HealthCheckObservations": told})
