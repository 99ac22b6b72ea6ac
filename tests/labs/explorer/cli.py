"""The real AWS CLI, asked what it would send: the parameters of a command line, without a process or a network."""

from __future__ import annotations

import os
import re
import shlex
from functools import cache
from typing import Any
from unittest import mock

from awscli import clidriver


class Refused(AssertionError):
    """The CLI does not take this command."""


@cache
def _driver() -> Any:
    # As the CLI of a learner is: it asks nothing of the machine that it runs on.
    settings = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with mock.patch.dict(os.environ, settings):
        return clidriver.create_clidriver()


def sent(line: str, capsys: Any = None) -> tuple[str, str, dict[str, Any]]:
    """Return service, operation (AWS's name) and parameters that a command line asks for. Raises Refused."""
    line = re.sub(r"\\\n\s*", " ", line)
    if kept := re.fullmatch(r"[A-Z_0-9]+=\$\((.*)\)", line, re.DOTALL):
        line = kept[1]
    words = shlex.split(re.sub(r" > \S+$", "", line))
    found: list[tuple[str, str, dict[str, Any]]] = []

    def invoke(self: Any, service: str, operation: str, parameters: dict[str, Any], parsed: Any) -> int:
        found.append((service, operation, parameters))
        return 0

    # EC2's modify-… leave their options behind in a driver, which is made for one command.
    driver = _driver.__wrapped__() if words[1] == "ec2" and words[2].startswith("modify-") else _driver()
    with mock.patch.object(clidriver.CLIOperationCaller, "invoke", invoke):
        try:
            status = driver.main(words[1:])
        except SystemExit as left:
            status = left.code
    if status or len(found) != 1:
        raise Refused(line)
    service, operation, parameters = found[0]
    return service, operation, _closed(parameters)


def _closed(value: Any) -> Any:
    """Return parameters with what the files hold in the place of the files that the CLI opened."""
    if isinstance(value, dict):
        return {name: _closed(one) for name, one in value.items()}
    if not hasattr(value, "read"):
        return value
    with value:
        return value.read()
