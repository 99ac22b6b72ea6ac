import json

import pytest

CHECK = "ecr.repository_is_guarded"
CALL = {"repository": "catnip"}


@pytest.fixture
def repository(account):
    """`repository(policy=statement, lifecycle=[tag status, …])` makes catnip: scanned and immutable."""
    ecr = account.client("ecr")

    def repository(name="catnip", scan=True, tags="IMMUTABLE", policy=None, lifecycle=(), region=None):
        account.client("ecr", region).create_repository(
            repositoryName=name, imageTagMutability=tags, imageScanningConfiguration={"scanOnPush": scan}
        )
        if policy:
            text = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
            ecr.set_repository_policy(repositoryName=name, policyText=text)
        rules = [
            {
                "rulePriority": number,
                "selection": {"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": 1}
                | ({"tagPrefixList": ["v"]} if status == "tagged" else {}),
                "action": {"type": "expire"},
            }
            for number, status in enumerate(lifecycle, 1)
        ]
        if rules:
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": rules}))

    return repository


def pull(principal, condition=None):
    found = {"Sid": "pull", "Effect": "Allow", "Principal": principal, "Action": ["ecr:BatchGetImage"]}
    return found | ({"Condition": condition} if condition else {})


class TestRight:
    def test_all_of_it(self, repository, passes):
        repository(lifecycle=["untagged"])
        passes(CHECK, **CALL, expires_untagged=True)

    def test_scanned_by_the_registry(self, repository, account, passes):
        repository(scan=False)
        rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "cat*", "filterType": "WILDCARD"}]}
        account.client("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[rule])
        passes(CHECK, **CALL)

    def test_a_star_within_an_organization(self, repository, passes):
        repository(policy=pull("*", {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}))
        passes(CHECK, **CALL)

    def test_only_what_is_asked(self, repository, passes):
        repository(scan=False, tags="MUTABLE")
        passes(CHECK, **CALL, scans=False, immutable=False)


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"scan": False}, "are not scanned"),
            ({"tags": "MUTABLE"}, "can be overwritten"),
            ({}, "keeps untagged images for ever"),
            ({"lifecycle": ["tagged"]}, "expires tagged images"),
            ({"lifecycle": ["untagged", "tagged"]}, "expires untagged, tagged images"),
            ({"lifecycle": ["untagged"], "policy": pull("*")}, "lets anyone"),
        ],
    )
    def test_otherwise(self, repository, fails, changes, words):
        repository(**changes)
        fails(CHECK, words, **CALL, expires_untagged=True)

    def test_a_rule_of_the_registry_for_others(self, repository, account, fails):
        repository(scan=False)
        rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "dog*", "filterType": "WILDCARD"}]}
        account.client("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[rule])
        fails(CHECK, "are not scanned", **CALL)


class TestNearMiss:
    def test_another_name_and_region(self, repository, fails):
        repository("catnap")
        fails(CHECK, "There is catnap", **CALL)
        repository("zzz", region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", repository="zzz")
