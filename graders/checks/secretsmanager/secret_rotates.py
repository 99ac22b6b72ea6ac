"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html"""

import re

from botocore.exceptions import ClientError

from graders import Account, Fail, check, encryption, messaging
from graders.account import is_absence, read_or_none

RATE = re.compile(r"rate\((\d+) (hour|day)s?\)")
CRON = re.compile(r"cron\(\S+ \S+ (\S+) (\S+) (\S+) \S+\)")
INVOKER = "secretsmanager.amazonaws.com"


@check(permissions=[*encryption.SECRET_PERMISSIONS, "lambda:GetFunctionConfiguration", "lambda:GetPolicy"])
def secret_rotates(account: Account, *, secret: str, at_most_days: int = 30) -> None:
    """The secret {secret} is replaced by a new one again and again, by itself.

    At least every `at_most_days` days, by a number of days, rate() or cron(). Rotation is on, has happened, and works:
    its function exists and lets Secrets Manager invoke it. A secret that another service rotates for itself (RDS, say)
    needs no function.
    """
    found = encryption.the_secret(account, secret)
    looked_at = "the rotation of the secret {secret}"
    if not found.get("RotationEnabled"):
        raise Fail(
            "The secret {secret} does not rotate: rotation is off.",
            looked_at=looked_at,
            needed="Rotation every {days} days or sooner.",
            try_="aws secretsmanager rotate-secret --secret-id {secret} with --rotation-lambda-arn and --rotation-rules",
            counterexample="Whoever copied its value once can use it for ever.",
            secret=secret,
            days=at_most_days,
        )
    rules = found.get("RotationRules", {})
    expression = rules.get("ScheduleExpression", "")
    # An emulated Secrets Manager keeps no expression, and then has 0 days: no reason to fail anybody.
    longest = longest_gap(expression) if expression else float(rules.get("AutomaticallyAfterDays") or 0)
    if longest > at_most_days:
        raise Fail(
            "The secret {secret} rotates too seldom: {gap} days can pass ({rule}).",
            looked_at=looked_at,
            needed="Rotation every {days} days or sooner.",
            try_="aws secretsmanager rotate-secret --secret-id {secret} --rotation-rules AutomaticallyAfterDays={days}",
            secret=secret,
            gap=f"{longest:g}",
            rule=expression or f"AutomaticallyAfterDays {longest:g}",
            days=at_most_days,
        )
    if not found.get("OwningService"):
        _works(account, secret, found["ARN"], found.get("RotationLambdaARN", ""))
    if not found.get("LastRotatedDate"):
        raise Fail(
            "The secret {secret} has never rotated, though rotation is on.",
            looked_at=looked_at,
            needed="One rotation that went through.",
            try_="aws secretsmanager rotate-secret --secret-id {secret}",
            secret=secret,
        )


def _works(account: Account, secret: str, arn: str, function: str) -> None:
    name = function.partition(":function:")[2] or "none"
    needed = "A function that {invoker} may invoke for {secret}."
    looked_at = "the rotation function of {secret} and its policy"
    try:
        state = account.read("lambda", "get_function_configuration", FunctionName=function)["State"] if function else ""
    except ClientError as error:
        if not is_absence(error):
            raise
        state = ""
    if state != "Active":
        raise Fail(
            "Nothing rotates {secret}: it names no rotation function."
            if not function
            else "Nothing rotates {secret}: its function {function} does not work ({state}).",
            looked_at=looked_at,
            needed=needed,
            try_="aws secretsmanager rotate-secret --secret-id {secret} --rotation-lambda-arn with a function that exists",
            secret=secret,
            function=name,
            state=state or "there is none of that name",
            invoker=INVOKER,
        )
    answer = read_or_none(account, "ResourceNotFoundException", "lambda", "get_policy", FunctionName=function)
    why = messaging.service_refusal(
        account,
        (answer or {}).get("Policy", ""),
        f"policy of function {name}",
        service=INVOKER,
        action="lambda:InvokeFunction",
        resource=function,
        source=arn,
    )
    if why:
        raise Fail(
            "Secrets Manager may not invoke the function {function}: {why}.",
            looked_at=looked_at,
            needed=needed,
            try_="aws lambda add-permission --function-name {function} --action lambda:InvokeFunction --principal {invoker}",
            counterexample="The next rotation of {secret} fails, and its value stays.",
            secret=secret,
            function=name,
            why=why,
            invoker=INVOKER,
        )


def longest_gap(expression: str) -> float:
    """Days that can pass between two rotations; a cron expression is taken by day, month and weekday.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
    """
    if found := RATE.fullmatch(expression):
        return int(found[1]) / (24 if found[2] == "hour" else 1)
    found = CRON.fullmatch(expression)
    if found is None:
        return float("inf")
    day, month, weekday = found.groups()
    if month != "*":
        return 31.0 * _step(month, 12)
    if day in ("*", "?") and weekday in ("*", "?"):
        return 1.0
    if weekday not in ("*", "?"):
        return 35.0 if "#" in weekday or weekday.endswith("L") else 7.0
    return 31.0 if day in ("L", "LW") or day.endswith("W") else min(31.0, _step(day, 31))


def _step(field: str, size: int) -> float:
    """The widest distance between two values of a field: of "*/5" five, of "1,15" of 31 seventeen."""
    if "/" in field:
        return float(field.rpartition("/")[2])
    if "-" in field or "," not in field or not all(one.isdigit() for one in field.split(",")):
        return float(size)
    values = sorted(int(one) for one in field.split(","))
    return float(max(after - before for before, after in zip(values, [*values[1:], values[0] + size], strict=True)))
