"""CodeBuild: builds and tests, as a buildspec says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Part,
    Pick,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import given

IMAGES = ("aws/codebuild/amazonlinux-x86_64-standard:5.0", "aws/codebuild/standard:7.0")


def things(account: Account) -> Iterator[Thing]:
    names = account.read("codebuild", "list_projects").get("projects", [])
    for one in account.read("codebuild", "batch_get_projects", names=names).get("projects", []) if names else []:
        room = one.get("environment", {})
        facts = (
            Fact(
                "Source", f"{one.get('source', {}).get('type', '')} {one.get('source', {}).get('location', '')}".strip()
            ),
            Fact("Image", room.get("image", "")),
            Fact(
                "Privileged", "yes" if room.get("privilegedMode") else "no", "bad" if room.get("privilegedMode") else ""
            ),
        )
        yield Thing(
            one["name"],
            one["name"],
            facts,
            one.get("arn", ""),
            one,
            links=(Link("iam:role", tail(one.get("serviceRole", "")), "Builds as"),),
        )


def _builds(account: Account, it: Thing) -> Thing:
    ids = ask(account, "codebuild", "list_builds_for_project", projectName=it.id).get("ids", [])
    found = ask(account, "codebuild", "batch_get_builds", ids=ids).get("builds", []) if ids else []
    rows = tuple(Row(one["id"], (one["id"], one.get("buildStatus", ""), one.get("currentPhase", ""))) for one in found)
    return replace(
        it, properties=it.facts, parts=(Part("builds", "Builds", ("Build", "Status", "Phase"), rows, "None yet."),)
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    source = given(type=v["source"], location=v["location"], buildspec=v["buildspec"])
    artifacts = given(type=v["artifacts"], location=v["bucket"] if v["artifacts"] == "S3" else None)
    room = {
        "type": "LINUX_CONTAINER",
        "image": v["image"],
        "computeType": v["computeType"],
        "privilegedMode": v["privileged"],
    }
    logs = {"cloudWatchLogs": {"status": "ENABLED"}}
    yield call(
        "codebuild",
        "create_project",
        name=v["name"],
        source=source,
        artifacts=artifacts,
        environment=room,
        serviceRole=v["serviceRole"],
        logsConfig=logs,
    )


PROJECT = Kind(
    "project",
    "Build project",
    "Build projects",
    things,
    detail=_builds,
    empty=(
        "A build project says where the source is, in which image it is built, "
        "and what comes out. The steps are in buildspec.yml."
    ),
    command=(
        "aws codebuild create-project --name api --source type=CODEPIPELINE "
        "--artifacts type=CODEPIPELINE --environment … --service-role …"
    ),
    actions=(
        Action(
            "create",
            "Create build project",
            _create,
            (
                Text("name", "Name", required=True),
                Choice(
                    "source",
                    "Source",
                    ("CODEPIPELINE", "S3", "CODECOMMIT", "GITHUB", "NO_SOURCE"),
                    initial="CODEPIPELINE",
                    required=True,
                ),
                Text("location", "at", help="Bucket/key, or the repository's address."),
                Text(
                    "buildspec",
                    "Buildspec",
                    initial="buildspec.yml",
                    help="Its path in the source, or its text.",
                    long=True,
                ),
                Choice(
                    "artifacts",
                    "What comes out goes to",
                    ("CODEPIPELINE", "S3", "NO_ARTIFACTS"),
                    initial="CODEPIPELINE",
                    required=True,
                ),
                Pick("bucket", "Bucket", kind="s3:bucket", required=True, when=("artifacts", "S3")),
                Text("image", "Image", initial=IMAGES[0], options=IMAGES, required=True),
                Choice(
                    "computeType",
                    "Size",
                    (
                        ("BUILD_GENERAL1_SMALL", "small"),
                        ("BUILD_GENERAL1_MEDIUM", "medium"),
                        ("BUILD_GENERAL1_LARGE", "large"),
                    ),
                    initial="BUILD_GENERAL1_SMALL",
                    required=True,
                ),
                Switch("privileged", "Privileged", help="Only to build container images."),
                Pick("serviceRole", "Role", kind="iam:role", by="arn", required=True, free=True),
            ),
            new=True,
        ),
        Action(
            "build",
            "Start build",
            "codebuild.start_build",
            (Text("sourceVersion", "Of version"),),
            thing="projectName",
            part="builds",
            verb="Start",
        ),
        Action(
            "log",
            "Show",
            lambda v, at: [call("codebuild", "batch_get_builds", ids=[at.row.id])],
            part="builds",
            row=True,
            verb="Show",
        ),
        delete("codebuild.delete_project", "name", "Delete the project?"),
    ),
)
SERVICE = Service("codebuild", "CodeBuild", "Builds and tests.", (PROJECT,))
