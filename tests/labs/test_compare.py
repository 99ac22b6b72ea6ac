"""What differs between two inventories, in words."""

from __future__ import annotations

import pytest

from labs.compare import Comparison, compare
from labs.explorer.model import Fact
from labs.explorer.reading import Group, Resource

BUCKET, SG = "Bucket", "Security group"
NAMES = {"s3": "S3", "ec2": "EC2 and VPC", "iam": "IAM", "sns": "SNS"}


def group(service: str, *resources: Resource, failed: bool = False) -> Group:
    return Group(service, NAMES[service], tuple(resources), failed=failed)


def bucket(name: str = "invoices", *, versioning: str = "off", policy: str = "") -> Resource:
    value = "1 statement" if policy else "none"
    return Resource(BUCKET, name, (Fact("Versioning", versioning), Fact("Bucket policy", value, exact=policy)))


def firewall(*rules: str, name: str = "web (sg-0a1)") -> Resource:
    return Resource(SG, name, tuple(Fact("In", rule) for rule in rules or ("nothing",)))


def words(before: list[Group], after: list[Group]) -> list[str]:
    return compare(before, after).sentences


def test_nothing_is_nothing() -> None:
    same = [group("s3", bucket()), group("ec2", firewall("tcp 443 from 0.0.0.0/0"))]
    found = compare(same, same)
    assert (found.sentences, found.summary, found.unread) == ([], "Nothing has changed", ())
    assert compare([], []) == Comparison()


def test_what_came_and_what_went() -> None:
    before, after = [group("s3", bucket("old"))], [group("s3", bucket("new"))]
    assert words(before, after) == ["Bucket new was added", "Bucket old was removed"]
    assert words([], after) == ["Bucket new was added"]
    assert words(before, []) == ["Bucket old was removed"]


def test_a_setting_goes_from_one_value_to_another() -> None:
    after = [group("s3", bucket(versioning="enabled"))]
    assert words([group("s3", bucket())], after) == ["Bucket invoices: Versioning went from off to enabled"]


def test_a_policy_of_as_many_statements_is_another_all_the_same() -> None:
    before, after = [group("s3", bucket(policy="{1}"))], [group("s3", bucket(policy="{2}"))]
    assert words(before, after) == ["Bucket invoices: Bucket policy was rewritten (still 1 statement)"]
    gone = [group("s3", bucket())]
    assert words(after, gone) == ["Bucket invoices: Bucket policy went from 1 statement to none"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (["nothing"], ["tcp 443 from 0.0.0.0/0"], ["inbound rule tcp 443 from 0.0.0.0/0 was added"]),
        (["tcp 22 from 0.0.0.0/0"], ["nothing"], ["inbound rule tcp 22 from 0.0.0.0/0 was removed"]),
        # AWS adds a second source to the rule that is there.
        (["tcp 22 from 10.0.0.0/8"], ["tcp 22 from 10.0.0.0/8, 0.0.0.0/0"], ["inbound rule tcp 22 from 0.0.0.0/0 was added"]),
        (
            ["tcp 22 from 0.0.0.0/0"],
            ["tcp 443 from 0.0.0.0/0"],
            ["inbound rule tcp 443 from 0.0.0.0/0 was added", "inbound rule tcp 22 from 0.0.0.0/0 was removed"],
        ),
        (["tcp 80 from a", "tcp 443 from a"], ["tcp 443 from a", "tcp 80 from a"], []),
    ],
)  # fmt: skip
def test_rules_come_and_go_one_by_one(before: list[str], after: list[str], said: list[str]) -> None:
    found = words([group("ec2", firewall(*before))], [group("ec2", firewall(*after))])
    assert found == [f"Security group web: {each}" for each in said]


def test_a_list_in_one_line_is_told_by_its_parts() -> None:
    before = [group("iam", Resource("Role", "app", (Fact("Policies", "read-data"),)))]
    after = [group("iam", Resource("Role", "app", (Fact("Policies", "read-data, write-data"),)))]
    assert words(before, after) == ["Role app: policy write-data was attached"]
    assert words(after, before) == ["Role app: policy write-data was detached"]


def test_two_groups_of_one_name_are_told_apart_by_their_ids() -> None:
    both = (firewall(name="web (sg-1)"), firewall(name="web (sg-2)"))
    after = [group("ec2", both[0], firewall("tcp 80 from a", name="web (sg-2)"))]
    said = ["Security group web (sg-2): inbound rule tcp 80 from a was added"]
    assert words([group("ec2", *both)], after) == said


def test_a_group_that_was_made_anew_is_another_one() -> None:
    said = words([group("ec2", firewall(name="web (sg-1)"))], [group("ec2", firewall(name="web (sg-2)"))])
    assert said == ["Security group web (sg-1) was removed", "Security group web (sg-2) was added"]


def test_a_service_that_could_not_be_read_is_not_compared_and_said() -> None:
    before = [group("s3", failed=True), group("sns")]
    found = compare(before, [group("s3", bucket()), group("sns", Resource("Topic", "t"))])
    assert found.sentences == ["Topic t was added"]
    assert found.unread == ("S3",)


def test_the_line_above_counts_things_not_sentences() -> None:
    before = [group("s3", bucket("a"), bucket("b"), bucket("gone"))]
    after = [group("s3", bucket("a", versioning="enabled", policy="{}"), bucket("b", versioning="enabled"))]
    after += [group("sns", *(Resource("Topic", name) for name in "xyz"))]
    found = compare(before, after)
    assert found.summary == "3 added, 1 removed, 2 changed"
    assert len(found.sentences) == 7
