"""ECR: container images, kept where only some may pull them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Json,
    Kind,
    Part,
    Policy,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    switch_fact,
    tags_of,
)
from labs.explorer.saying import decoded, policy_fact, tags_by

EXPIRE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 14,
            },
            "action": {"type": "expire"},
        }
    ]
}
MUTABILITY = (("MUTABLE", "may be moved to another image"), ("IMMUTABLE", "stay where they are"))


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("ecr", "describe_repositories").get("repositories", []):
        facts = (
            Fact("Address", one.get("repositoryUri", "")),
            switch_fact("Scan on push", one.get("imageScanningConfiguration", {}).get("scanOnPush"), good=True),
            Fact("Tags", dict(MUTABILITY).get(one.get("imageTagMutability", ""), "")),
        )
        yield Thing(one["repositoryName"], one["repositoryName"], facts, one["repositoryArn"], one)


def _detail(account: Account, it: Thing) -> Thing:
    images = ask(account, "ecr", "describe_images", repositoryName=it.id).get("imageDetails", [])
    policy = ask(account, "ecr", "get_repository_policy", repositoryName=it.id).get("policyText", "")
    lifecycle = decoded(ask(account, "ecr", "get_lifecycle_policy", repositoryName=it.id).get("lifecyclePolicyText"))
    rows = tuple(
        Row(
            one["imageDigest"],
            (
                ", ".join(one.get("imageTags", [])) or "no tag",
                one["imageDigest"][:19],
                str(one.get("imagePushedAt", "")),
            ),
            data=one,
        )
        for one in images
    )
    tags = tags_of(ask(account, "ecr", "list_tags_for_resource", resourceArn=it.arn).get("tags"))
    facts = (
        *it.facts,
        policy_fact("Policy", policy),
        Fact(
            "Lifecycle",
            f"{len(lifecycle.get('rules', []))} rules" if lifecycle else "none",
            exact=json.dumps(lifecycle) if lifecycle else "",
        ),
    )
    return replace(
        it,
        properties=facts,
        parts=(Part("images", "Images", ("Tags", "Digest", "Pushed"), rows, "None pushed yet."),),
        tags=tags,
        data={**it.data, "Policy": policy, "Lifecycle": lifecycle},
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ecr",
        "create_repository",
        repositoryName=v["repositoryName"],
        imageTagMutability=v["imageTagMutability"],
        imageScanningConfiguration={"scanOnPush": v["scan"]},
    )
    if v["expire"]:
        yield call(
            "ecr", "put_lifecycle_policy", repositoryName=v["repositoryName"], lifecyclePolicyText=json.dumps(EXPIRE)
        )


def _lifecycle(v: Values, at: At) -> Iterator[Call]:
    if v["lifecyclePolicyText"] is None:
        yield call("ecr", "delete_lifecycle_policy", repositoryName=at.thing.id)
    else:
        yield call(
            "ecr", "put_lifecycle_policy", repositoryName=at.thing.id, lifecyclePolicyText=v["lifecyclePolicyText"]
        )


def _policy(v: Values, at: At) -> Iterator[Call]:
    if v["policyText"] is None:
        yield call("ecr", "delete_repository_policy", repositoryName=at.thing.id)
    else:
        yield call("ecr", "set_repository_policy", repositoryName=at.thing.id, policyText=v["policyText"])


REPOSITORY = Kind(
    "repository",
    "Repository",
    "Repositories",
    things,
    detail=_detail,
    empty="A repository keeps the images of one program. Tags that cannot be moved say which version really runs.",
    command=(
        "aws ecr create-repository --repository-name catnip --image-tag-mutability "
        "IMMUTABLE --image-scanning-configuration scanOnPush=true"
    ),
    actions=(
        Action(
            "create",
            "Create repository",
            _create,
            (
                Text("repositoryName", "Name", required=True),
                Choice("imageTagMutability", "Tags", MUTABILITY, initial="IMMUTABLE", required=True),
                Switch("scan", "Scan on push", initial=True, help="For known holes."),
                Switch("expire", "Images without a tag go after 14 days", initial=True),
            ),
            new=True,
        ),
        Action(
            "tags-stay",
            "Edit tag mutability",
            "ecr.put_image_tag_mutability",
            (Choice("imageTagMutability", "Tags", MUTABILITY, required=True),),
            lambda account, at: {"imageTagMutability": at.thing.data.get("imageTagMutability", "")},
            thing="repositoryName",
        ),
        Action(
            "scan",
            "Edit scanning",
            lambda v, at: [
                call(
                    "ecr",
                    "put_image_scanning_configuration",
                    repositoryName=at.thing.id,
                    imageScanningConfiguration={"scanOnPush": v["on"]},
                )
            ],
            (Switch("on", "Scan on push"),),
            lambda account, at: {"on": bool(at.thing.data.get("imageScanningConfiguration", {}).get("scanOnPush"))},
        ),
        Action(
            "lifecycle",
            "Edit lifecycle policy",
            _lifecycle,
            (
                Json(
                    "lifecyclePolicyText",
                    "Policy",
                    text=True,
                    starters=(("untagged ones expire", EXPIRE),),
                    help="Empty: none.",
                ),
            ),
            lambda account, at: {"lifecyclePolicyText": at.thing.data["Lifecycle"] or None},
        ),
        Action(
            "policy",
            "Edit policy",
            _policy,
            (Policy("policyText", "Policy", kind="resource", help="Empty: none."),),
            lambda account, at: {"policyText": decoded(at.thing.data["Policy"]) or None},
        ),
        Action(
            "put",
            "Push by manifest",
            "ecr.put_image",
            (
                Text("imageManifest", "Manifest", required=True, long=True, help="As docker push sends it."),
                Text("imageTag", "Tag"),
            ),
            thing="repositoryName",
            part="images",
            verb="Push",
        ),
        Action(
            "remove",
            "Delete",
            lambda v, at: [
                call("ecr", "batch_delete_image", repositoryName=at.thing.id, imageIds=[{"imageDigest": at.row.id}])
            ],
            part="images",
            row=True,
            danger="Delete this image?",
            verb="Delete",
        ),
        tags_by("ecr", "tag_resource", "untag_resource", "resourceArn", keys=("tags", "tagKeys")),
        Action(
            "delete",
            "Delete",
            lambda v, at: [
                call("ecr", "delete_repository", repositoryName=at.thing.id, force=True if v["force"] else None)
            ],
            (Switch("force", "With its images"),),
            danger="Delete the repository?",
            verb="Delete",
        ),
    ),
)
SERVICE = Service("ecr", "ECR", "Container images.", (REPOSITORY,))
