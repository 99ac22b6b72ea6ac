"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-best-practices.html"""

import json
from typing import Any

from graders import Account, Fail, check, containers
from graders.account import read_or_none
from graders.iam import InvalidPolicy, Policy, ask, parse
from graders.iam import patterns as wildcards
from graders.iam.witnesses import Target, first, who

PULL = "ecr:BatchGetImage"


@check(
    permissions=[
        *containers.REPOSITORY_PERMISSIONS,
        "ecr:GetRepositoryPolicy",
        "ecr:GetLifecyclePolicy",
        "ecr:GetRegistryScanningConfiguration",
    ]
)
def repository_is_guarded(
    account: Account,
    *,
    repository: str,
    scans: bool = True,
    immutable: bool = True,
    expires_untagged: bool = False,
    private: bool = True,
) -> None:
    """The repository {repository} scans its images, keeps their tags and lets no stranger pull.

    `scans`: on push, by the repository or by a rule of the registry. `immutable`: also with exclusions. `private`: nobody
    outside the account can pull. `expires_untagged`: a lifecycle rule expires untagged images, and none tagged ones.
    """
    found = containers.the_repository(account, repository)
    if scans and not _scans(account, found):
        raise _fail("Images of {repository} are not scanned when they are pushed.", repository, "scanOnPush")
    if immutable and not str(found.get("imageTagMutability")).startswith("IMMUTABLE"):
        shown = "Tomorrow {repository}:1.0 can be another image than today."
        raise _fail("The tags of {repository} can be overwritten.", repository, "IMMUTABLE", shown)
    if expires_untagged:
        _expires(account, repository)
    if private:
        _nobody_outside(account, found)


def _scans(account: Account, repository: dict[str, Any]) -> bool:
    if repository.get("imageScanningConfiguration", {}).get("scanOnPush"):
        return True
    registry = account.read("ecr", "get_registry_scanning_configuration").get("scanningConfiguration", {})
    return any(
        rule["scanFrequency"] in ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")
        and wildcards.matches(f"*{one['filter']}*", repository["repositoryName"])
        for rule in registry.get("rules", [])
        for one in rule["repositoryFilters"]
    )


def _expires(account: Account, name: str) -> None:
    answer = read_or_none(
        account, "LifecyclePolicyNotFoundException", "ecr", "get_lifecycle_policy", repositoryName=name
    )
    rules = json.loads(answer["lifecyclePolicyText"]).get("rules", []) if answer else []
    expiring = [one["selection"]["tagStatus"] for one in rules if one.get("action", {}).get("type") == "expire"]
    if "untagged" not in expiring or len(set(expiring)) > 1:
        said = "The repository {repository} keeps untagged images for ever."
        if expiring:
            said = "The lifecycle policy of {repository} expires {others} images."
        raise _fail(said, repository=name, needed="a lifecycle rule for untagged images only", others=expiring)


def _nobody_outside(account: Account, repository: dict[str, Any]) -> None:
    name, arn = repository["repositoryName"], repository["repositoryArn"]
    answer = read_or_none(
        account, "RepositoryPolicyNotFoundException", "ecr", "get_repository_policy", repositoryName=name
    )
    if answer is None:
        return
    document = json.loads(answer["policyText"])
    statements = document.get("Statement", [])
    # A repository's policy names no Resource: it is about the repository.
    document["Statement"] = [
        {**one, "Resource": arn} for one in (statements if isinstance(statements, list) else [statements])
    ]
    try:
        policies = (Policy(f"policy of repository {name}", parse(json.dumps(document), "resource")),)
    except InvalidPolicy as error:
        raise _fail(
            "AWS would refuse the policy of {repository}: {why}", name, "a valid policy", why=error.reasons[0]
        ) from error
    witness = first(Target(account.account_id, policies), ask.outsiders(account, policies), [PULL], [arn])
    if witness is not None:
        caller = who(witness.request.principal)
        shown = "{caller} can {action} from {repository}."
        raise _fail(
            "The repository {repository} lets {caller} pull.", name, "no stranger", shown, caller=caller, action=PULL
        )


def _fail(found: str, repository: str, needed: str, shown: str = "", **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the settings and policies of the repository {repository}",
        needed="For {repository}: {wanted}.",
        try_="aws ecr describe-repositories shows what is set; each setting has a put-… command.",
        counterexample=shown,
        repository=repository,
        wanted=needed,
        **values,
    )
