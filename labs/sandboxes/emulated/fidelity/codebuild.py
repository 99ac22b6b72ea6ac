"""CodeBuild: a build goes through its phases as time goes by, as far as its source, buildspec and role let it. No command runs.

https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html,
https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

import yaml
from moto.codebuild import responses
from moto.codebuild.models import CodeBuildBackend, codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from labs.sandboxes.emulated.authorization import trusts
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.fidelity.codecommit import files_at, repository, tip
from labs.sandboxes.emulated.hooks import Call, before
from labs.sandboxes.emulated.world import WORLD

__all__ = ["ends", "files_of_object", "find", "seen", "start"]

_SERVICE: Final = "codebuild.amazonaws.com"
# Phase and the seconds that it takes here.
_PHASES: Final = (
    ("SUBMITTED", 0), ("QUEUED", 1), ("PROVISIONING", 8), ("DOWNLOAD_SOURCE", 3), ("INSTALL", 2), ("PRE_BUILD", 2),
    ("BUILD", 12), ("POST_BUILD", 1), ("UPLOAD_ARTIFACTS", 2), ("FINALIZING", 2),
)  # fmt: skip
_BREAKS: Final = ("exit 1", "false", "/bin/false")


def install() -> None:
    """Put our builds in the place of moto's, which succeed when they are looked at."""
    CodeBuildBackend.start_build = _start
    CodeBuildBackend.batch_get_builds = _seen_builds
    CodeBuildBackend.stop_build = _stop
    moto_starts = CodeBuildResponse.start_build

    def start_with_overrides(self: Any) -> ActionResult:
        self.codebuild_backend.__dict__["overrides"] = {
            "buildspec": self._get_param("buildspecOverride"),
            "source": self._get_param("sourceTypeOverride"),
            "location": self._get_param("sourceLocationOverride"),
        }
        try:
            answer: ActionResult = moto_starts(self)
        finally:
            self.codebuild_backend.__dict__.pop("overrides", None)
        return answer

    CodeBuildResponse.start_build = start_with_overrides
    wants = responses._validate_required_params_source

    def wants_less(source: dict[str, Any]) -> None:
        wants(source if source.get("type") not in ("CODEPIPELINE", "NO_SOURCE") else {**source, "location": "none"})

    responses._validate_required_params_source = wants_less
    wants_artifacts = responses._validate_required_params_artifacts

    def wants_no_place(artifacts: dict[str, Any]) -> None:
        wants_artifacts({**artifacts, "location": "none"} if artifacts.get("type") == "CODEPIPELINE" else artifacts)

    responses._validate_required_params_artifacts = wants_no_place


@before("codebuild", "CreateProject", "UpdateProject")
def the_role_must_trust(call: Call) -> None:
    """Refuse a role that CodeBuild may not assume."""
    role = call.parameters.get("serviceRole")
    if role and not trusts(str(role), _SERVICE):
        message = f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}"
        raise AwsError("InvalidInputException", message, 400)


def start(account: str, region: str, project: str, files: dict[str, bytes] | None) -> dict[str, Any]:
    """Start a build of a pipeline with these source files. Raises AwsError where there is no such project."""
    backend = codebuild_backends[account][region]
    if project not in backend.codebuild_projects:
        arn = f"arn:aws:codebuild:{region}:{account}:project/{project}"
        raise AwsError("ResourceNotFoundException", f"Project cannot be found: {arn}", 400)
    return _begin(backend, project, None, None, files)


def _start(
    self: Any, project_name: str, source_version: str | None = None, artifact_override: Any = None
) -> dict[str, Any]:
    return seen(_begin(self, project_name, source_version, artifact_override, None))


def _begin(
    backend: Any, name: str, version: str | None, artifacts: Any, files: dict[str, bytes] | None
) -> dict[str, Any]:
    project = backend.codebuild_projects[name]
    given, overrides = project.project_metadata, backend.__dict__.get("overrides", {})
    source = {**given["source"]}
    source |= {"buildspec": overrides["buildspec"]} if overrides.get("buildspec") else {}
    source |= {"type": overrides["source"]} if overrides.get("source") else {}
    source |= {"location": overrides["location"]} if overrides.get("location") else {}
    number = given["builds"] = given.get("builds", 0) + 1
    ident = f"{name}:{mock_random.uuid4()}"
    account, region = backend.account_id, backend.region_name
    phase, code, message = _outcome(account, region, given["serviceRole"], source, version, files)
    build = {
        "id": ident,
        "arn": f"arn:aws:codebuild:{region}:{account}:build/{ident}",
        "buildNumber": number,
        "projectName": name,
        "startTime": WORLD.at,
        "sourceVersion": version or given.get("sourceVersion") or "",
        "source": source,
        "artifacts": {"location": (artifacts or given["artifacts"]).get("location", "")},
        "cache": given["cache"],
        "environment": given["environment"],
        "serviceRole": given["serviceRole"],
        "timeoutInMinutes": given["timeoutInMinutes"] or 60,
        "queuedTimeoutInMinutes": given["queuedTimeoutInMinutes"] or 480,
        "initiator": WORLD.caller.rpartition(":")[2].rpartition("/")[2] or "codepipeline",
        "encryptionKey": given["encryptionKey"],
        "fails": [phase, code, message],
    }
    backend.build_history.setdefault(name, []).insert(0, ident)
    backend.build_metadata_history[name].append(build)
    return build


def _outcome(account: str, region: str, role: str, source: dict[str, Any], version: str | None,
             files: dict[str, bytes] | None) -> tuple[str, str, str]:  # fmt: skip
    """Return the phase that will fail, with code and message; "" where none does."""
    if not trusts(role, _SERVICE):
        return "PROVISIONING", "ACCESS_DENIED", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}"
    kind, spec = source.get("type"), str(source.get("buildspec") or "")
    inline = "\n" in spec or spec.lstrip().startswith("{")
    if files is None and kind not in ("NO_SOURCE", None):
        try:
            files = _files(account, region, source, version)
        except AwsError as error:
            return "DOWNLOAD_SOURCE", "CLIENT_ERROR", error.message
    if not inline:
        data = (files or {}).get(spec or "buildspec.yml")
        if data is None:
            return (
                "DOWNLOAD_SOURCE",
                "YAML_FILE_ERROR",
                "stat /codebuild/output/src/buildspec.yml: no such file or directory",
            )
        spec = data.decode("utf-8", "replace")
    return _judged(spec)


def _judged(spec: str) -> tuple[str, str, str]:
    try:
        read = yaml.safe_load(spec)
    except (yaml.YAMLError, RecursionError) as error:
        return "DOWNLOAD_SOURCE", "YAML_FILE_ERROR", f"YAML file does not parse: {str(error)[:200]}"
    if not isinstance(read, dict) or "version" not in read:
        return "DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "YAML file must have a version"
    phases = read.get("phases")
    if not isinstance(phases, dict) or not phases:
        return "DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "YAML file must have phases"
    for name in ("install", "pre_build", "build", "post_build"):
        part = phases.get(name) or {}
        commands = part.get("commands") or [] if isinstance(part, dict) else []
        for each in commands if isinstance(commands, list) else [commands]:
            if str(each).strip() in _BREAKS:
                said = f"Error while executing command: {each}. Reason: exit status 1"
                return name.upper(), "COMMAND_EXECUTION_ERROR", said
    return "", "", ""


def _files(account: str, region: str, source: dict[str, Any], version: str | None) -> dict[str, bytes]:
    kind, location = source.get("type"), str(source.get("location") or "")
    if kind == "CODECOMMIT":
        held = repository(account, region, location.rstrip("/").rpartition("/")[2])
        branch = (version or held.repository_metadata.get("defaultBranch", "main")).removeprefix("refs/heads/")
        return files_at(held, branch if branch in held.commits else tip(held, branch))
    if kind == "S3":
        bucket, _, key = location.removeprefix("arn:aws:s3:::").partition("/")
        return files_of_object(account, bucket, key)
    if kind == "CODEPIPELINE":
        raise AwsError(
            "InvalidInputException", "A project with a source of CODEPIPELINE is started by a pipeline.", 400
        )
    raise AwsError("InvalidInputException", f"A source of {kind} is outside of this sandbox, and not simulated.", 400)


def files_of_object(account: str, bucket: str, key: str) -> dict[str, bytes]:
    """Return what is in an object that is a zip archive, by path; nothing of one that is none. Raises AwsError."""
    held = s3_backends[account]["aws"].buckets.get(bucket)
    found = held.keys.get(key) if held is not None else None
    if found is None:
        raise AwsError("NoSuchKey", f"The object {key} is not in the bucket {bucket}.", 404)
    try:
        with zipfile.ZipFile(io.BytesIO(found.value)) as archive:
            names = [each for each in archive.infolist() if not each.is_dir()]
            if sum(each.file_size for each in names) > 16 << 20:
                raise AwsError("InvalidInputException", "The archive is too large for a sandbox.", 400)
            return {each.filename: archive.read(each) for each in names}
    except zipfile.BadZipFile:
        return {}


def seen(build: dict[str, Any]) -> dict[str, Any]:
    """Return the build as it is now: the phases that are over, the one that it is in."""
    fails, code, message = build["fails"]
    phases: list[dict[str, Any]] = []
    at, status = build["startTime"], "SUCCEEDED"
    stopped = build.get("stopped")
    now = min(WORLD.at, stopped) if stopped else WORLD.at
    for name, seconds in _PHASES:
        if status != "SUCCEEDED" and name not in ("FINALIZING",):
            continue
        phase: dict[str, Any] = {"phaseType": name, "startTime": at}
        phases.append(phase)
        if now < at + seconds:
            break
        at += seconds
        phase |= {"endTime": at, "durationInSeconds": seconds, "phaseStatus": "SUCCEEDED"}
        if name == fails:
            status = "FAILED"
            phase |= {"phaseStatus": "FAILED", "contexts": [{"statusCode": code, "message": message}]}
    over = "endTime" in phases[-1]
    if over:
        phases.append({"phaseType": "COMPLETED", "startTime": at})
    if stopped and not over:
        status, over, at = "STOPPED", True, stopped
        phases[-1] |= {"phaseStatus": "STOPPED", "endTime": stopped}
    told = {name: value for name, value in build.items() if name not in ("fails", "stopped")}
    told |= {"phases": phases, "currentPhase": phases[-1]["phaseType"], "buildComplete": over}
    return told | ({"buildStatus": status, "endTime": at} if over else {"buildStatus": "IN_PROGRESS"})


def ends(build: dict[str, Any]) -> float:
    """Return when the build will be over."""
    fails, at = build["fails"][0], float(build["startTime"])
    for name, seconds in _PHASES:
        at += seconds
        if name == fails:
            return at + 2
    return at


def find(account: str, region: str, ident: str) -> dict[str, Any] | None:
    """Return a build by id."""
    held = codebuild_backends[account][region].build_metadata_history.get(ident.partition(":")[0], [])
    return next((each for each in held if each["id"] == ident), None)


def _seen_builds(self: Any, ids: list[str]) -> list[dict[str, Any]]:
    return [seen(each) for builds in self.build_metadata_history.values() for each in builds if each["id"] in ids]


def _stop(self: Any, build_id: str) -> dict[str, Any] | None:
    found = find(self.account_id, self.region_name, build_id)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Build {build_id} does not exist", 400)
    found.setdefault("stopped", WORLD.at)
    return seen(found)
