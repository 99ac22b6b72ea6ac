"""Operators over a whole command. Each yields (what is there instead, what is said of it, what was changed)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from labs.mutants import aws
from labs.mutants.script import VARIABLE, Command, Option
from labs.mutants.tree import Encoded
from labs.mutants.values import IGNORED, OTHER_REGION

Origins = Mapping[str, str]  # a variable, and the command that gave it its value
CommandOperator = Callable[[Command, Origins], Iterator[tuple[tuple[Command, ...], str, str]]]

_HOW: Final = ("--cli-input-json", "--region", "--output", "--query", "--no-cli-pager", "--no-verify-ssl")
_DISABLED: Final = {
    ("cloudwatch", "put-metric-alarm"): Option("--no-actions-enabled"),
    ("cloudwatch", "put-composite-alarm"): Option("--no-actions-enabled"),
    ("events", "put-rule"): Option("--state", ("DISABLED",)),
    ("scheduler", "create-schedule"): Option("--state", ("DISABLED",)),
    ("lambda", "create-event-source-mapping"): Option("--no-enabled"),
}
_INGRESS: Final = ("authorize-security-group-ingress", "authorize-security-group-egress")


def left_out(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """The whole command is left out."""
    yield (), f"aws {command.service} {command.operation} left out", ""


def option_left_out(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """An option that may be left out is: --alarm-actions, --kms-key-id, --tags, --apply-immediately, …"""
    optional = aws.optional(command.service, command.operation)
    for index, option in enumerate(command.options):
        known = {option.name, option.name.replace("--no-", "--", 1)}
        if known & optional and option.name not in _HOW and option.name.strip("-").replace("-", "") not in IGNORED:
            rest = (*command.options[:index], *command.options[index + 1 :])
            yield (dataclasses.replace(command, options=rest),), f"{option.name} left out", option.name


def flag_flipped(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """A yes is a no: --multi-az → --no-multi-az, and back."""
    for index, option in enumerate(command.options):
        # That a change can wait is said by leaving the option out
        if option.values or not option.name.startswith("--") or option.name in (*_HOW, "--apply-immediately"):
            continue
        other = option.name.replace("--no-", "--", 1) if option.name.startswith("--no-") else f"--no-{option.name[2:]}"
        if {option.name, other} & aws.optional(command.service, command.operation):
            changed = (*command.options[:index], Option(other), *command.options[index + 1 :])
            yield (dataclasses.replace(command, options=changed),), f"{option.name} → {other}", option.name


def switched_off(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """It is made, and disabled: an alarm with --no-actions-enabled, a rule with --state DISABLED."""
    off = _DISABLED.get((command.service, command.operation))
    if off is not None:
        others = tuple(one for one in command.options if one.name not in (off.name, off.name.replace("--no-", "--")))
        shown = " ".join([off.name, *map(str, off.values)])
        yield (dataclasses.replace(command, options=(*others, off)),), f"{shown} added", ""


def other_region(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """What lives in a region is made in another one: --region eu-west-1."""
    if aws.creates_in_a_region(command.service, command.operation) and command.option("--region") is None:
        options = (*command.options, Option("--region", (OTHER_REGION,)))
        yield (dataclasses.replace(command, options=options),), f"--region {OTHER_REGION} added", ""


def variable_other(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """Another thing of the same kind is meant: --group-id $DB → --group-id $WEB."""
    for index, option in enumerate(command.options):
        for place, value in enumerate(option.values):
            match = VARIABLE.fullmatch(value) if isinstance(value, str) else None
            if match is None or match[2] not in origins:
                continue
            for other, origin in origins.items():
                if other != match[2] and origin == origins[match[2]]:
                    values = (*option.values[:place], f"\ue002{match[1]}{other}\ue003", *option.values[place + 1 :])
                    changed = (*command.options[:index], Option(option.name, values), *command.options[index + 1 :])
                    said = f"{option.name} ${match[2]} → ${other}"
                    yield (dataclasses.replace(command, options=changed),), said, f"{option.name}-{other}"


def source_any(command: Command, origins: Origins) -> Iterator[tuple[tuple[Command, ...], str, str]]:
    """A rule for one group, or one network, lets everybody in: in place of the group by IPv4, beside either by IPv6."""
    source = command.option("--source-group") or command.option("--cidr")
    if command.operation not in _INGRESS or source is None or source.values in (("0.0.0.0/0",), ()):
        return
    others = [one for one in command.options if one is not source]
    if source.name == "--source-group":
        everybody = (*others, Option("--cidr", ("0.0.0.0/0",)))
        yield (dataclasses.replace(command, options=everybody),), "--source-group → --cidr 0.0.0.0/0", "ipv4"
    port, protocol = command.option("--port"), command.option("--protocol")
    if port is not None and protocol is not None and port.values and str(port.values[0]).isdigit():
        number = port.values[0]
        rule = {
            "IpProtocol": protocol.values[0],
            "FromPort": number,
            "ToPort": number,
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        }
        rest = [one for one in others if one.name not in ("--port", "--protocol")]
        more = (*rest, Option("--ip-permissions", (Encoded("shorthand", rule),)))
        yield (command, dataclasses.replace(command, options=more, into="")), "::/0 added", "ipv6"


COMMAND_OPERATORS: Final[dict[str, CommandOperator]] = {
    "left-out": left_out,
    "option-left-out": option_left_out,
    "flag-flipped": flag_flipped,
    "switched-off": switched_off,
    "other-region": other_region,
    "variable-other": variable_other,
    "source-any": source_any,
}
