"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""

import re
from typing import Any

from graders import Account, Fail, check, functions

# Runtimes that can still be created, by their beginning and least version.
SUPPORTED = {"python": (3, 10), "nodejs": (20,), "java": (8,), "dotnet": (8,), "ruby": (3, 2), "provided.al": (2,)}
SECRETS = re.compile(
    r"(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{16,}"
)
SECRET_NAMES = re.compile(r"passw|pwd|secret|api_?key|private_?key|token|credential", re.IGNORECASE)
# Values that only say where the secret is.
REFERENCES = re.compile(r"arn:|/|\{\{resolve:|https?:|alias/|^$|^(true|false|\d+)$", re.IGNORECASE)


@check(permissions=functions.PERMISSIONS)
def function_configured(
    account: Account,
    *,
    function: str,
    runtime: str = "",
    handler: str = "",
    memory_at_least: int = 128,
    memory_at_most: int = 10240,
    timeout_at_least: int = 1,
    timeout_at_most: int = 900,
    variables: dict[str, str] | None = None,
    traced: bool = False,
) -> None:
    """The function {function} is configured as the task asks, without secrets in its environment.

    `runtime` is a beginning ("python", "nodejs22"); any must be one that AWS still supports. `variables` with "" as
    value must only be there. Secrets: keys and passwords as values; names and ARNs of secrets are fine.
    """
    found = functions.the_function(account, function)
    environment = found.get("Environment", {}).get("Variables", {})
    has, image = str(found.get("Runtime", "")), found.get("PackageType") == "Image"
    memory, timeout = int(found.get("MemorySize", 128)), int(found.get("Timeout", 3))
    if not image and (not _supported(has) or not has.startswith(runtime)):
        wanted = f"A runtime {runtime}…, still supported by AWS." if runtime else "A runtime that AWS still supports."
        raise _fail("{function} runs on {has}.", function, "--runtime …", has=has or "no runtime", wanted=wanted)
    if not image and (found.get("Handler") != handler if handler else "." not in str(found.get("Handler"))):
        wanted = f"The handler {handler or 'as module.function'}."
        raise _fail(
            "The handler of {function} is {has}.",
            function,
            "--handler …",
            has=found.get("Handler", "not said"),
            wanted=wanted,
        )
    if not memory_at_least <= memory <= memory_at_most:
        wanted = f"{memory_at_least} to {memory_at_most} MB."
        raise _fail("{function} has {has} MB of memory.", function, "--memory-size …", has=memory, wanted=wanted)
    if not timeout_at_least <= timeout <= timeout_at_most:
        wanted = f"A timeout of {timeout_at_least} to {timeout_at_most} seconds."
        said = "The timeout of {function} is {has} seconds."
        said += " That is the default." if timeout == 3 else " Lambda stops at 900." if timeout > 900 else ""
        raise _fail(said, function, "--timeout …", has=timeout, wanted=wanted)
    for name, value in (variables or {}).items():
        if name not in environment or (value and environment[name] != value):
            raise _variable(function, name, value, environment)
    if secret := next((key for key, value in environment.items() if _is_secret(key, value)), ""):
        raise _fail(
            "The environment of {function} holds a secret in {has}: whoever may read the configuration reads it.",
            function,
            "--environment with the name of a secret or parameter instead of its value",
            has=secret,
            wanted="No secret as a value.",
        )
    if traced and found.get("TracingConfig", {}).get("Mode") != "Active":
        raise _fail("Tracing of {function} is not active.", function, "--tracing-config Mode=Active", wanted="X-Ray.")


def _supported(runtime: str) -> bool:
    for start, least in SUPPORTED.items():
        if runtime.startswith(start):
            return tuple(int(one) for one in re.findall(r"\d+", runtime.removeprefix(start))) >= least
    return False


def _is_secret(name: str, value: str) -> bool:
    if SECRETS.search(value):
        return True
    pointer = re.search(r"(_|^)(arn|name|id|path|url|parameter)$", name, re.IGNORECASE)
    return bool(SECRET_NAMES.search(name)) and not pointer and not REFERENCES.search(value)


def _variable(function: str, name: str, value: str, environment: dict[str, str]) -> Fail:
    twin = next((one for one in environment if one.lower() == name.lower() and one != name), "")
    said = "{function} has no environment variable {name}."
    if name in environment:
        said = "The environment variable {name} of {function} is {has}, not {value}."
    elif twin:
        said = "{function} has the environment variable {has}, not {name}: capital letters count."
    has = environment.get(name, twin)
    return _fail(
        said, function, "--environment …", has=has, name=name, value=value, wanted=f"{name}={value}".rstrip("=")
    )


def _fail(said: str, function: str, option: str, *, wanted: str, has: Any = "", **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the configuration of {function}",
        needed="{wanted}",
        try_="aws lambda update-function-configuration --function-name {function} {option}",
        function=function,
        wanted=wanted,
        option=option,
        has=has,
        **values,
    )
