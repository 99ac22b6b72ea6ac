"""https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html"""

import io
import json
import zipfile
from typing import Any

from graders import Account, Fail, check, templates


def _bytes(account: Account, bucket: str, key: str) -> bytes:
    listed = account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])
    if key not in [one["Key"] for one in listed]:
        raise Fail("There is no {key} in {bucket}.", key=key, bucket=bucket)
    return bytes(account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def _yaml(text: bytes, name: str) -> dict[str, Any]:
    """Return a file as YAML or JSON."""
    try:
        held = templates.read(text.decode())
    except Exception:
        held = None
    if not isinstance(held, dict):
        raise Fail("{name} is no YAML with keys and values.", name=name)
    return held


@check(permissions=["s3:ListBucket", "s3:GetObject"])
def is_bundle(account: Account, *, bucket: str, key: str, hooks: list[str]) -> None:
    """{key} is a bundle that CodeDeploy can install."""
    try:
        with zipfile.ZipFile(io.BytesIO(_bytes(account, bucket, key))) as archive:
            names = archive.namelist()
            text = archive.read("appspec.yml") if "appspec.yml" in names else b""
    except zipfile.BadZipFile:
        raise Fail("{key} is no zip archive.", key=key) from None
    if not text:
        raise Fail("appspec.yml is not at the root of {key}: it holds {names}.", key=key, names=", ".join(names[:8]))
    spec = _yaml(text, "appspec.yml")
    if str(spec.get("version")) != "0.0" or spec.get("os") != "linux":
        raise Fail("appspec.yml has not version 0.0 and os linux.")
    files = spec.get("files") or []
    if not files or not all(one.get("source") and str(one.get("destination", "")).startswith("/") for one in files):
        raise Fail("files of appspec.yml names no source with an absolute destination.")
    for one in files:
        source = str(one["source"]).strip("/.")
        if source and not any(name == source or name.startswith(f"{source}/") for name in names):
            raise Fail("appspec.yml installs {source}, which is not in {key}.", source=one["source"], key=key)
    for hook in hooks:
        steps = (spec.get("hooks") or {}).get(hook) or []
        if not steps:
            raise Fail("appspec.yml has no hook {hook}.", hook=hook)
        for step in steps:
            if str(step.get("location", "")).removeprefix("./") not in names:
                raise Fail(
                    "{hook} runs {location}, which is not in {key}.", hook=hook, location=step.get("location"), key=key
                )


@check(permissions=["s3:ListBucket", "s3:GetObject"])
def is_buildspec(account: Account, *, bucket: str, key: str) -> None:
    """{key} installs, tests, and names what comes out."""
    spec = _yaml(_bytes(account, bucket, key), key)
    if str(spec.get("version")) != "0.2":
        raise Fail("The version of {key} is {version}, not 0.2.", key=key, version=spec.get("version"))
    phases = spec.get("phases") or {}
    for phase in ("install", "build"):
        if not (phases.get(phase) or {}).get("commands"):
            raise Fail("The phase {phase} of {key} has no commands.", phase=phase, key=key)
    if "test" not in json.dumps(phases["build"]["commands"]).lower():
        raise Fail("The phase build of {key} runs no tests.", key=key)
    if not (spec.get("artifacts") or {}).get("files"):
        raise Fail("{key} names no files of an artifact.", key=key)


@check(permissions=["s3:ListBucket", "s3:GetObject"])
def is_dockerrun(account: Account, *, bucket: str, key: str, port: int) -> None:
    """{key} runs one container, which listens on {port}."""
    held = _yaml(_bytes(account, bucket, key), key)
    if str(held.get("AWSEBDockerrunVersion")) != "1":
        raise Fail("The version of {key} is {version}, not 1.", key=key, version=held.get("AWSEBDockerrunVersion"))
    if not (held.get("Image") or {}).get("Name"):
        raise Fail("{key} names no image.", key=key)
    ports = [str(one.get("ContainerPort")) for one in held.get("Ports") or []]
    if str(port) not in ports:
        raise Fail("{key} has the container ports {ports}, not {port}.", key=key, ports=", ".join(ports), port=port)


@check(permissions=["s3:ListBucket", "s3:GetObject"])
def sets_option(account: Account, *, bucket: str, prefix: str, option: str, value: str) -> None:
    """A .config file below {prefix} sets {option} to {value}."""
    listed = account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])
    keys = [one["Key"] for one in listed if one["Key"].startswith(prefix) and one["Key"].endswith(".config")]
    if not keys:
        raise Fail("There is no file below {prefix} whose name ends in .config.", prefix=prefix)
    space = "aws:elasticbeanstalk:application"
    for key in keys:
        settings = _yaml(_bytes(account, bucket, key), key).get("option_settings") or []
        if isinstance(settings, dict):
            if str((settings.get(space) or {}).get(option)) == value:
                return
            continue
        wanted = {"namespace": space, "option_name": option, "value": value}
        if any(all(str(one.get(name)) == has for name, has in wanted.items()) for one in settings):
            return
    raise Fail("No file sets {option} of {space} to {value}.", option=option, space=space, value=value)


@check(permissions=["s3:ListBucket", "s3:GetObject"])
def is_sam(account: Account, *, bucket: str, key: str) -> None:
    """{key} is a SAM template with a function that answers over HTTP."""
    held = _yaml(_bytes(account, bucket, key), key)
    transform = held.get("Transform")
    if "AWS::Serverless-2016-10-31" not in (transform if isinstance(transform, list) else [transform]):
        raise Fail("The transform of {key} is {transform}.", key=key, transform=transform or "missing")
    for name, one in (held.get("Resources") or {}).items():
        given = one.get("Properties") or {}
        if one.get("Type") == "AWS::Serverless::Function" and not (
            given.get("Handler") and given.get("Runtime") and (given.get("CodeUri") or given.get("InlineCode"))
        ):
            raise Fail("{name} lacks its code, its handler or its runtime.", name=name)
    kinds = [
        event.get("Type")
        for one in (held.get("Resources") or {}).values()
        if one.get("Type") == "AWS::Serverless::Function"
        for event in ((one.get("Properties") or {}).get("Events") or {}).values()
    ]
    if not any(kind in ("Api", "HttpApi") for kind in kinds):
        raise Fail("No function of {key} has an event of the type Api or HttpApi.", key=key)


@check(permissions=["codedeploy:ListDeployments", "codedeploy:GetDeployment"])
def deployed(account: Account, *, application: str, group: str, bucket: str, key: str) -> None:
    """{key} was deployed to {group} of {application}."""
    ids = account.read("codedeploy", "list_deployments", applicationName=application, deploymentGroupName=group)
    for one in ids.get("deployments", []):
        told = account.read("codedeploy", "get_deployment", deploymentId=one)["deploymentInfo"]
        place = (told.get("revision") or {}).get("s3Location") or {}
        if (place.get("bucket"), place.get("key")) == (bucket, key):
            return
    raise Fail("No deployment of {key} to {group} was created.", key=key, group=group)
