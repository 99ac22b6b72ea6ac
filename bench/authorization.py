"""What the authorisation of a call costs in a cell: a user with two groups, six policies and a boundary, ten common calls."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from bench.figures import Figure

ROUNDS = 200


def measure() -> list[Figure]:
    """Measure in a process of its own, warmed as the zygote is: moto is patched there."""
    made = subprocess.run([sys.executable, "-m", "bench.authorization"], check=True, capture_output=True, text=True)
    told = json.loads(made.stdout.splitlines()[-1])
    figures = [
        Figure("authorisation of a call, p50", told["p50"], "ms", bar="≤ 0.5"),
        Figure("authorisation of a call, p95", told["p95"], "ms"),
    ]
    slowest = sorted(told["calls"].items(), key=lambda each: -each[1])[:3]
    note = ", ".join(f"{name} {value:.2f}" for name, value in slowest)
    return [*figures, Figure("the dearest of the ten, p50", slowest[0][1], "ms", note=note)]


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _typical(call: Any, account: str) -> str:
    """Make the user; return the id of their key."""
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    call("iam", "CreatePolicy", PolicyName="edge", PolicyDocument=_policy(_allow("*")))
    call("iam", "CreateUser", UserName="bea", PermissionsBoundary=f"arn:aws:iam::{account}:policy/edge")
    for name, statements in {
        "readers": [_allow(["s3:Get*", "s3:List*"], ["arn:aws:s3:::*"], Condition=tls), _allow("ec2:Describe*")],
        "workers": [_allow(["sqs:*", "sns:*"], f"arn:aws:*:us-east-1:{account}:*"), _allow("cloudwatch:*")],
    }.items():
        call("iam", "CreateGroup", GroupName=name)
        call("iam", "PutGroupPolicy", GroupName=name, PolicyName=name, PolicyDocument=_policy(*statements))
        call("iam", "AddUserToGroup", GroupName=name, UserName="bea")
    for name in ("AmazonRDSReadOnlyAccess", "IAMReadOnlyAccess", "AmazonDynamoDBFullAccess"):
        call("iam", "AttachUserPolicy", UserName="bea", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    own = [
        _allow("s3:PutObject", "arn:aws:s3:::*/home/${aws:username}/*"),
        _allow("s3:PutObject", "arn:aws:s3:::*/b.txt"),
    ]
    denied = {**_allow("s3:DeleteObject"), "Effect": "Deny"}
    call("iam", "PutUserPolicy", UserName="bea", PolicyName="own", PolicyDocument=_policy(*own, denied))
    return str(call("iam", "CreateAccessKey", UserName="bea")["AccessKey"]["AccessKeyId"])


def _inside() -> dict[str, Any]:
    from bench.cells import calls_of, percentile, spec_of
    from labs.sandboxes import keys
    from labs.sandboxes.emulated import dispatch, zygote

    zygote.warm_up()
    from moto.core.utils import get_service_model

    from labs.sandboxes.emulated.lab import worked_lab
    from labs.sandboxes.emulated.tool import Tool
    from labs.sandboxes.emulated.world import WORLD

    spec = spec_of(7)
    WORLD.begin(spec)
    learner = Tool(
        dispatch.answer, keys.mint_access_key(7, keys.LEARNER_SERIAL), models=get_service_model, at=time.time()
    )
    made = worked_lab(learner, spec.account_id)
    ann = Tool(dispatch.answer, _typical(learner, spec.account_id), models=get_service_model, at=time.time())
    spent: list[float] = []
    inner = dispatch.authorize

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        inner(*arguments)
        spent.append((time.perf_counter() - began) * 1000)

    dispatch.authorize = timed
    calls = {}
    everything: list[float] = []
    for service, operation, parameters in calls_of(made):
        spent.clear()
        for _ in range(ROUNDS):
            ann(service, operation, **parameters)
        calls[f"{service} {operation}"] = percentile(spent, 0.5)
        everything += spent
    return {"p50": percentile(everything, 0.5), "p95": percentile(everything, 0.95), "calls": calls}


if __name__ == "__main__":
    print(json.dumps(_inside()))
