"""Grade an account of one's own by a lab: what `python -m graders LAB --profile NAME` does.

The same labs and the same checks as in the sandbox, and only reading: a check that acts needs a copy of the account, says
so, and is not counted. `--permissions` prints the IAM policy that the profile needs, and no more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

WIDTH = 72
NOT_DONE, CANNOT = 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 full marks, 1 not yet, 2 where it could not be judged."""
    given = _parser().parse_args(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")
    os.environ.setdefault("SKYLAB_LOCAL", "1")  # an author's laptop needs no server's secrets
    import django

    django.setup()
    try:
        return _run(given)
    except _CannotGrade as error:
        print(error, file=sys.stderr)
        return CANNOT


class _CannotGrade(Exception):
    """Why nothing can be judged, with what to do about it."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m graders",
        description="Grade an account of your own by a lab's checks. Nothing is changed in it.",
    )
    parser.add_argument("lab", metavar="LAB", help="the name of a lab in labs/catalog")
    parser.add_argument("--profile", help="of your AWS configuration; without it, what the AWS CLI would use")
    parser.add_argument("--region", help="the lab's own, if left out")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the lab")
    parser.add_argument("--seed", help="draw the parameters that are not set, as the sandbox would")
    parser.add_argument("--endpoint-url", help="an emulator instead of AWS")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--permissions", action="store_true", help="print the IAM policy that grading needs, and end")
    return parser


def _run(given: argparse.Namespace) -> int:
    from labs.content import bind

    lab = _lab(given.lab)
    if given.permissions:
        print(json.dumps(_policy(lab), indent=2))
        return 0
    values = _values(lab, given.set, given.seed)
    account = _account(given, given.region or lab.region)
    from labs.scoring import grade_lab

    bound = bind(lab, {**values, "account_id": account.account_id, "region": account.region})
    grades = grade_lab(bound, account)
    score, points = sum(one.score for one in grades), sum(one.points for one in grades)
    if given.json:
        tasks = [
            {
                "id": one.task_id,
                "outcome": str(one.outcome),
                "score": one.score,
                "points": one.points,
                "checks": [result.to_dict() for result in one.results],
            }
            for one in grades
        ]
        told = {"lab": lab.slug, "account": account.account_id, "score": score, "points": points, "tasks": tasks}
        print(json.dumps(told, indent=2))
    else:
        for task, grade in zip(bound.tasks, grades, strict=True):
            print(f"\n{task.title}: {grade.outcome}, {grade.score:g} of {grade.points:g}")
            for result in grade.results:
                print(f"  {result.outcome:<8} {result.title}")
                for name, text in (("Found", result.found), ("Needed", result.needed), ("Try", result.try_)):
                    if text and str(result.outcome) != "passed":
                        print(f"           {name}: {text}")
        print(f"\n{score:g} of {points:g} points in account {account.account_id}, {account.region}.")
    if any(str(one.outcome) == "error" for one in grades):
        return CANNOT
    return 0 if score == points else NOT_DONE


def _lab(name: str) -> Any:
    from django.conf import settings

    from labs.content import catalog_problems, load_catalog
    from labs.content.schema import nearest

    labs = load_catalog(settings.LAB_CATALOG)
    if name in labs:
        return labs[name]
    broken = [str(one) for one in catalog_problems(settings.LAB_CATALOG) if f"/{name}/" in f"/{one.path}"]
    raise _CannotGrade(
        "\n".join(broken) or f"There is no lab {name} ({nearest(name, labs) or 'labs/catalog has them'})."
    )


def _policy(lab: Any) -> dict[str, Any]:
    """Return the IAM policy of whoever grades: what the lab's checks read."""
    from graders.registry import permissions

    actions = permissions([call for task in lab.tasks for call in task.checks], lab.own_checks)
    allowed = {
        "Sid": "Grade",
        "Effect": "Allow",
        "Action": sorted({"sts:GetCallerIdentity", *actions}),
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _values(lab: Any, settings: list[str], seed: str | None) -> dict[str, str]:
    from labs.content import draw
    from labs.content.schema import nearest

    values = draw(lab, seed) if seed is not None else {}
    for one in settings:
        name, equals, value = one.partition("=")
        if not equals or name not in lab.parameters:
            hint = nearest(name, lab.parameters) or f"there are {', '.join(lab.parameters) or 'none'}"
            raise _CannotGrade(
                f"--set {one}: the lab {lab.slug} has no such parameter ({hint}); write --set NAME=VALUE"
            )
        values[name] = value
    if missing := [name for name in lab.parameters if name not in values]:
        lines = "\n".join(f"  --set {name}=…" for name in missing)
        raise _CannotGrade(
            f"Say what these are called in your account, or draw them with --seed (and name yours after it):\n{lines}"
        )
    return values


def _account(given: argparse.Namespace, region: str) -> Any:
    """Return the account that the profile's keys open. Raises _CannotGrade."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from graders import BotoAccount

    try:
        session = boto3.Session(profile_name=given.profile, region_name=region)
        keys = session.get_credentials()
        if keys is None:
            raise _CannotGrade("There are no AWS credentials here: give --profile NAME, or run `aws configure sso`.")
        frozen = keys.get_frozen_credentials()
        number = session.client("sts", endpoint_url=given.endpoint_url).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise _CannotGrade(f"The account could not be asked who it is: {error}") from error
    return BotoAccount(
        account_id=number,
        region=region,
        endpoint_url=given.endpoint_url,
        access_key_id=frozen.access_key or "",
        secret_access_key=frozen.secret_key or "",
        session_token=frozen.token,
    )
