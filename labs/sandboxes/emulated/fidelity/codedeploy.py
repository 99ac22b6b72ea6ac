"""CodeDeploy: a deployment reaches what its group finds, as time goes by; nothing is copied and no hook runs.

https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html,
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ErrorInformation.html,
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

from moto.autoscaling.models import autoscaling_backends
from moto.awslambda.models import lambda_backends
from moto.codedeploy import responses
from moto.codedeploy.models import CodeDeployBackend, codedeploy_backends
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from labs.sandboxes.emulated.authorization import trusts
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.world import WORLD

__all__ = ["SECONDS", "outcome"]

SECONDS: Final = 30
_PAUSE: Final = 2
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_SERVER: Final = {
    "AllAtOnce": {"type": "HOST_COUNT", "value": 0},
    "HalfAtATime": {"type": "FLEET_PERCENT", "value": 50},
    # No type that one could choose: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_MinimumHealthyHosts.html
    "OneAtATime": {"type": "MOST_CONCURRENCY", "value": 1},
}
_NO_INSTANCES: Final = (
    "The deployment failed because no instances were found for your deployment group. Check your deployment group settings "
    "to make sure the tags for your Amazon EC2 instances or Auto Scaling groups correctly identify the instances you want "
    "to deploy to, and then try again."
)


def install() -> None:
    """Give moto's deployments an end."""
    make = CodeDeployBackend.create_deployment

    def make_and_judge(self: Any, *args: Any, **kwargs: Any) -> str:
        made = self.deployments.pop(make(self, *args, **kwargs))
        made.deployment_id = "d-" + "".join(mock_random.choice(_LETTERS) for _ in range(9))
        made.fault, made.found = outcome(self.account_id, self.region_name, made)
        made.began = WORLD.at
        self.deployments[made.deployment_id] = made
        return str(made.deployment_id)

    tell = responses._deployment_info

    def tell_now(deployment: Any) -> dict[str, Any]:
        _move(deployment)
        told: dict[str, Any] = tell(deployment)
        fault = deployment.__dict__.get("fault")
        if deployment.status == "Failed" and fault:
            told["errorInformation"] = {"code": fault[0], "message": fault[1]}
        return told

    listed = CodeDeployBackend.list_deployments

    def list_now(self: Any, *args: Any, **kwargs: Any) -> Any:
        for each in self.deployments.values():
            _move(each)
        return listed(self, *args, **kwargs)

    CodeDeployBackend.create_deployment, CodeDeployBackend.list_deployments = make_and_judge, list_now
    responses._deployment_info = tell_now


def _move(deployment: Any) -> None:
    """Let the deployment be as far as it is by now."""
    began = deployment.__dict__.get("began")
    if began is None or deployment.status in ("Succeeded", "Failed", "Stopped"):
        return
    count, at = len(deployment.found), WORLD.at
    end = began + (_PAUSE if deployment.fault else SECONDS)
    if at >= end:
        deployment.status = "Failed" if deployment.fault else "Succeeded"
        deployment.complete_time = datetime.fromtimestamp(end, UTC).replace(tzinfo=None)
    elif at >= began + _PAUSE:
        deployment.status = "InProgress"
    if deployment.status != "Created":
        deployment.start_time = datetime.fromtimestamp(began + _PAUSE, UTC).replace(tzinfo=None)
    states = dict.fromkeys(("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"), 0)
    states[{"Created": "Pending"}.get(deployment.status, deployment.status)] = count
    deployment.deployment_overview = states


def outcome(account: str, region: str, deployment: Any) -> tuple[tuple[str, str] | None, list[str]]:
    """Return what will be wrong (code, message), or None; and the targets."""
    group, platform = deployment.deployment_group, deployment.application.compute_platform
    if not trusts(str(group.service_role_arn), "codedeploy.amazonaws.com"):
        message = f"CodeDeploy cannot assume the role {group.service_role_arn}."
        return ("IAM_ROLE_MISSING", message), []
    location = (deployment.revision or {}).get("s3Location") or {}
    if location.get("bucket"):
        bucket = s3_backends[account]["aws"].buckets.get(location["bucket"])
        if bucket is None or location.get("key") not in bucket.keys:
            return (
                "REVISION_MISSING",
                f"The revision s3://{location['bucket']}/{location.get('key')} was not found.",
            ), []
    if platform == "Lambda":
        return _function(account, region, deployment)
    if platform == "ECS":
        return _services(account, region, group)
    found = _instances(account, region, group)
    return (None, found) if found else (("NO_INSTANCES", _NO_INSTANCES), [])


def _instances(account: str, region: str, group: Any) -> list[str]:
    sets = [group.ec2_tag_filters] if group.ec2_tag_filters else []
    sets += (group.ec2_tag_set or {}).get("ec2TagSetList") or []
    found = []
    for reservation in ec2_backends[account][region].reservations.values():
        for each in reservation.instances:
            tags = {tag["key"]: tag["value"] for tag in each.get_tags()}
            if sets and each.state == "running" and all(any(_fits(one, tags) for one in filters) for filters in sets):
                found.append(each.id)
    for name in group.auto_scaling_groups:
        named = name if isinstance(name, str) else name.get("name", "")
        held = autoscaling_backends[account][region].autoscaling_groups.get(named)
        found += [each.instance.id for each in held.instance_states] if held else []
    return list(dict.fromkeys(found))


def _fits(wanted: dict[str, str], tags: dict[str, str]) -> bool:
    kind, key, value = wanted.get("Type", "KEY_AND_VALUE"), wanted.get("Key"), wanted.get("Value")
    if kind == "KEY_ONLY":
        return key in tags
    if kind == "VALUE_ONLY":
        return value in tags.values()
    return tags.get(str(key)) == (value or "")


def _services(account: str, region: str, group: Any) -> tuple[tuple[str, str] | None, list[str]]:
    services = ecs_backends[account][region].services
    wanted = [f"{each.get('clusterName', 'default')}:{each.get('serviceName')}" for each in group.ecs_services]
    missing = [each for each in wanted if each not in services]
    if missing or not wanted:
        return ("ECS_UPDATE_ERROR", f"The ECS service was not found: {', '.join(missing) or 'none is named'}"), []
    return None, wanted


def _function(account: str, region: str, deployment: Any) -> tuple[tuple[str, str] | None, list[str]]:
    revision = deployment.revision or {}
    content = (revision.get("appSpecContent") or revision.get("string") or {}).get("content", "")
    found = re.search(r"""["']?Name["']?\s*:\s*["']?([\w-]+)""", str(content))
    name = found[1] if found else ""
    functions = lambda_backends[account][region]
    try:
        functions.get_function(name)
    except Exception:
        return (
            "LAMBDA_FUNCTION_DOES_NOT_EXIST" if name else "INVALID_REVISION",
            f"The function {name} does not exist.",
        ), []
    return None, [name]


def _said(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(told).encode())


def _configs() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        f"CodeDeployDefault.{name}": {"computePlatform": "Server", "minimumHealthyHosts": hosts}
        for name, hosts in _SERVER.items()
    }
    for platform, prefix in (("Lambda", "Lambda"), ("ECS", "ECS")):
        routes: dict[str, dict[str, Any]] = {"AllAtOnce": {"type": "AllAtOnce"}}
        for minutes in (5, 10, 15, 30) if platform == "Lambda" else (5, 15):
            canary = {"canaryPercentage": 10, "canaryInterval": minutes}
            routes[f"Canary10Percent{minutes}Minutes"] = {"type": "TimeBasedCanary", "timeBasedCanary": canary}
        for minutes in (1, 2, 3, 10) if platform == "Lambda" else (1, 3):
            linear = {"linearPercentage": 10, "linearInterval": minutes}
            many = "Minute" if minutes == 1 else "Minutes"
            routes[f"Linear10PercentEvery{minutes}{many}"] = {"type": "TimeBasedLinear", "timeBasedLinear": linear}
        for name, route in routes.items():
            found[f"CodeDeployDefault.{prefix}{name}"] = {"computePlatform": platform, "trafficRoutingConfig": route}
    return found


@before("codedeploy", "GetDeploymentConfig")
def show_a_configuration(call: Call) -> Answer:
    """Show one of AWS's own configurations."""
    name = str(call.parameters.get("deploymentConfigName"))
    if name not in _configs():
        message = f"No Deployment Configuration found for name: {name}"
        raise AwsError("DeploymentConfigDoesNotExistException", message, 400)
    ident = "00000000-0000-0000-0000-000000000000"
    told = {"deploymentConfigId": ident, "deploymentConfigName": name, "createTime": WORLD.spec.created_at}
    return _said({"deploymentConfigInfo": told | _configs()[name]})


@before("codedeploy", "ListDeploymentConfigs")
def list_configurations(call: Call) -> Answer:
    """List AWS's own configurations."""
    return _said({"deploymentConfigsList": sorted(_configs())})


@before("codedeploy", "StopDeployment")
def stop(call: Call) -> Answer:
    """Stop a deployment that is not over."""
    backend = codedeploy_backends[call.account_id][call.region]
    found = backend.get_deployment(str(call.parameters.get("deploymentId")))
    _move(found)
    if found.status in ("Succeeded", "Failed", "Stopped"):
        message = f"The deployment {found.deployment_id} is already complete"
        raise AwsError("DeploymentAlreadyCompletedException", message, 400)
    found.status = "Stopped"
    return _said({"status": "Succeeded", "statusMessage": "No more stop actions required."})


@before("codedeploy", "ListDeploymentTargets")
def list_targets(call: Call) -> Answer:
    """List what a deployment reaches."""
    found = codedeploy_backends[call.account_id][call.region].get_deployment(str(call.parameters.get("deploymentId")))
    return _said({"targetIds": found.__dict__.get("found", [])})
