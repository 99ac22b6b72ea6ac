"""Each operator on a small text: what it makes, where it has nothing to make, and that the result can be played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labs.content.draw import PLACEHOLDER
from labs.mutants import OPERATORS, Mutant
from labs.sandboxes.runner import shell
from tests.labs.mutants.conftest import Mutate

ALLOW = '{"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::{{ account_id }}:role/report"}, %s}'
READ = '"Action": "s3:GetObject", "Resource": "arn:aws:s3:::{{ bucket }}/*"'
TLS = (
    '{"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],'
    ' "Condition": {"Bool": {"aws:SecureTransport": "false"}}}'
)


def policy(*statements: str) -> str:
    """A here-document with a policy, and the command that puts it."""
    body = ",\n  ".join(statements)
    return (
        f'cat > policy.json <<\'EOF\'\n{{"Version": "2012-10-17", "Statement": [\n  {body}\n]}}\nEOF\n'
        "aws s3api put-bucket-policy --bucket {{ bucket }} --policy file://policy.json"
    )


def statements(mutant: Mutant) -> list[dict[str, object]]:
    body = mutant.blocks[0].text.split("'EOF'\n", 1)[1].split("\nEOF", 1)[0]
    found: list[dict[str, object]] = json.loads(body)["Statement"]
    return found


POLICIES = [
    ("effect-flipped:policy.json:read", "Effect", "Deny"),
    ("principal-any:policy.json:read", "Principal", "*"),
    ("action-any:policy.json:read", "Action", "s3:*"),
    ("action-other:policy.json:read-getobject", "Action", "s3:PutObject"),
    ("resource-any:policy.json:read", "Resource", "*"),
    ("resource-level:policy.json:read", "Resource", "arn:aws:s3:::{{ bucket }}"),
    ("resource-level:policy.json:read-2", "Resource", "arn:aws:s3:::{{ bucket }}/public/*"),
    ("name-near:policy.json:read-resource", "Resource", "arn:aws:s3:::{{ bucket }}-old/*"),
    ("name-near:policy.json:read-aws", "Principal", {"AWS": "arn:aws:iam::{{ account_id }}:role/report-old"}),
    ("arn-elsewhere:policy.json:read-aws", "Principal", {"AWS": "arn:aws:iam::111122223333:role/report"}),
]


@pytest.mark.parametrize(("id", "key", "value"), POLICIES)
def test_a_statement_that_allows_is_changed_in_one_thing(mutate: Mutate, id: str, key: str, value: object) -> None:
    mutant = mutate(policy(ALLOW % READ))[id]
    (statement,) = statements(mutant)
    assert statement[key] == value
    assert mutant.line == 42
    assert mutant.description.startswith("line 42: ")


def test_all_mutants_of_a_statement_that_allows(mutate: Mutate) -> None:
    found = [one for one in mutate(policy(ALLOW % READ)) if ":policy.json:" in one]
    assert found == [one[0] for one in POLICIES[:7]] + [POLICIES[8][0], POLICIES[9][0], POLICIES[7][0]]


def test_a_statement_that_denies_is_narrowed_and_not_widened(mutate: Mutate) -> None:
    found = mutate(policy(ALLOW % READ, TLS))
    assert {one for one in found if ":policy.json:" in one and "tls" in one} == {
        "statement-left-out:policy.json:statement-tls",
        "effect-flipped:policy.json:tls",
        "action-other:policy.json:tls",
        "condition-dropped:policy.json:tls-securetransport",
        "condition-key-misspelt:policy.json:tls-securetransport",
        "element-left-out:policy.json:tls-resource-b",
        "element-left-out:policy.json:tls-resource-b-2",
        "name-near:policy.json:tls-resource",
        "name-near:policy.json:tls-resource-2",
        "resource-level:policy.json:tls",
        "boolean-flipped:policy.json:tls-aws-securetransport",
    }
    assert [one["Sid"] for one in statements(found["statement-left-out:policy.json:statement-tls"])] == ["Read"]
    assert statements(found["action-other:policy.json:tls"])[1]["Action"] == "s3:GetObject"
    assert found["boolean-flipped:policy.json:tls-aws-securetransport"].description == (
        "line 43: aws:SecureTransport false → true (Tls) in policy.json"
    )


CONDITIONS = [
    ("StringEquals", "StringNotEquals"),
    ("ArnNotLike", "ArnLike"),
    ("NotIpAddress", "IpAddress"),
    ("IpAddress", "NotIpAddress"),
    ("NumericLessThanEquals", "NumericGreaterThanEquals"),
    ("ForAnyValue:StringLike", "ForAnyValue:StringNotLike"),
    ("StringEqualsIfExists", "StringNotEqualsIfExists"),
]


@pytest.mark.parametrize(("operator", "other"), CONDITIONS)
def test_a_condition_is_inverted_misspelt_and_dropped(mutate: Mutate, operator: str, other: str) -> None:
    condition = f'"Condition": {{"{operator}": {{"aws:SourceArn": "x", "aws:SourceAccount": "y"}}}}'
    found = mutate(policy(ALLOW % f"{READ}, {condition}"))
    (inverted,) = statements(found["condition-inverted:policy.json:read-sourcearn"])
    assert inverted["Condition"] == {operator: {"aws:SourceAccount": "y"}, other: {"aws:SourceArn": "x"}}
    (dropped,) = statements(found["condition-dropped:policy.json:read-sourceaccount"])
    assert dropped["Condition"] == {operator: {"aws:SourceArn": "x"}}
    (misspelt,) = statements(found["condition-key-misspelt:policy.json:read-sourcearn"])
    assert misspelt["Condition"] == {operator: {"aws:SourceAccount": "y", "aws:SourceArns": "x"}}


def test_a_condition_that_is_the_only_guard_may_be_passed_without_the_key(mutate: Mutate) -> None:
    everybody = (
        '{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",'
        ' "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}'
    )
    (changed,) = statements(mutate(policy(everybody))["condition-if-exists:policy.json:allow-principalorgid"])
    assert changed["Condition"] == {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}


def test_a_policy_in_a_text_in_json_is_changed_too(mutate: Mutate) -> None:
    inner = json.dumps({"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]})
    text = f"cat > a.json <<'EOF'\n{json.dumps({'Policy': inner})}\nEOF\naws sqs set-queue-attributes --attributes file://a.json"
    mutant = mutate(text)["effect-flipped:a.json:allow"]
    body = json.loads(mutant.blocks[0].text.split("\n")[1])
    assert json.loads(body["Policy"])["Statement"][0]["Effect"] == "Deny"


ALARM = (
    "aws cloudwatch put-metric-alarm --alarm-name {{ app }}-errors --statistic Sum --period 300 --threshold 10"
    " --comparison-operator GreaterThanThreshold --treat-missing-data breaching"
    " --dimensions Name=App,Value=a Name=Stage,Value=prod --alarm-actions arn:aws:sns:{{ region }}:{{ account_id }}:t"
)
RULE = "aws ec2 authorize-security-group-ingress --protocol tcp --port 443 --cidr 10.0.0.0/16"
RDS = "aws rds modify-db-instance --backup-retention-period 14 --multi-az"
BLOCK = (
    "aws s3api put-public-access-block --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true"
)
VERSIONS = "aws s3api put-bucket-versioning --versioning-configuration Status=Enabled"
SUBNET = "aws ec2 create-subnet --vpc-id vpc-1 --cidr-block 10.0.1.0/24 --availability-zone {{ region }}a"
TAGS = "aws ec2 create-tags --resources i-1 --tags Key=Name,Value=web Key=Stage,Value=prod"
COMMANDS = [  # what becomes of which text in the command
    (ALARM, "option-left-out::alarm-actions", " --alarm-actions arn:aws:sns:{{ region }}:{{ account_id }}:t", ""),
    (ALARM, "switched-off:", "", " --no-actions-enabled"),
    (ALARM, "other-region:", "", " --region eu-west-1"),
    (ALARM, "comparator-other::comparison-operator", "GreaterThan", "LessThan"),
    (ALARM, "comparator-other::comparison-operator-2", "GreaterThan", "GreaterThanOrEqualTo"),
    (ALARM, "statistic-other::statistic", "Sum", "Average"),
    (ALARM, "number-changed::period", "--period 300", "--period 60"),
    (ALARM, "number-changed::threshold", "--threshold 10", "--threshold 9"),
    (ALARM, "number-changed::threshold-2", "--threshold 10", "--threshold 11"),
    (ALARM, "setting-switched::treat-missing-data", "breaching", "notBreaching"),
    (ALARM, "element-left-out::dimensions-stage", " Name=Stage,Value=prod", ""),
    (ALARM, "name-near::stage-value", "Value=prod", "Value=prod-old"),
    (ALARM, "name-near::alarm-name", "{{ app }}-errors", "{{ app }}-errors-old"),
    (ALARM, "arn-elsewhere::alarm-actions", "{{ region }}", "eu-west-1"),
    (ALARM, "arn-elsewhere::alarm-actions-2", "{{ account_id }}", "111122223333"),
    (BLOCK, "boolean-flipped::ignorepublicacls", "IgnorePublicAcls=true", "IgnorePublicAcls=false"),
    (VERSIONS, "setting-switched::status", "Enabled", "Suspended"),
    (RDS, "flag-flipped::multi-az", "--multi-az", "--no-multi-az"),
    (RDS.replace("--multi", "--no-multi"), "flag-flipped::no-multi-az", "--no-multi-az", "--multi-az"),
    (RDS, "option-left-out::multi-az", " --multi-az", ""),
    (RDS, "number-changed::backup-retention-period", "14", "13"),
    (RULE, "cidr-any::cidr", "10.0.0.0/16", "0.0.0.0/0"),
    (RULE, "cidr-narrowed::cidr", "10.0.0.0/16", "10.0.0.0/17"),
    (RULE.replace("10.0.0.0/16", "{{ office }}"), "cidr-any::cidr", "{{ office }}", "0.0.0.0/0"),
    (RULE, "port-next::port", "443", "444"),
    (RULE, "port-range::port", "443", "0-65535"),
    (RULE, "protocol-other::protocol", "tcp", "udp"),
    (RULE, "protocol-other::protocol-2", "tcp", "all"),
    (SUBNET, "zone-other::availability-zone", "{{ region }}a", "{{ region }}b"),
    (TAGS, "tag-left-out::tags-stage", " Key=Stage,Value=prod", ""),
]


def words(text: str) -> list[str]:
    (command,) = shell.parse(PLACEHOLDER.sub(lambda match: match[1].strip(), text))
    assert isinstance(command, shell.Aws)
    return shell.many(command.words, {})


@pytest.mark.parametrize(("text", "id", "old", "new"), COMMANDS, ids=[one[1] for one in COMMANDS])
def test_a_command_is_changed_in_one_thing(mutate: Mutate, text: str, id: str, old: str, new: str) -> None:
    operator, _, what = id.partition(":")
    operation = text.split()[2]
    mutant = mutate(text)[f"{operator}:{operation}{what}"]
    assert mutant.operator == operator
    assert words(mutant.blocks[0].text) == words(text.replace(old, new, 1) if old else text + new)


def test_a_command_has_no_mutants_of_what_it_does_not_say(mutate: Mutate) -> None:
    assert {mutant.operator for mutant in mutate(VERSIONS).values()} == {"left-out", "setting-switched"}


def test_what_aws_would_only_refuse_is_not_made(mutate: Mutate) -> None:
    assert not [one for one in mutate(SUBNET) if one.startswith("cidr-")]
    assert "name-near:modify-db-instance:db-instance-identifier" not in mutate(f"{RDS} --db-instance-identifier one")
    assert "name-near:put-role-policy:policy-name" in mutate("aws iam put-role-policy --role-name r --policy-name p")


def test_a_rule_for_a_group_is_opened_to_everybody(mutate: Mutate) -> None:
    found = mutate(
        "G=$(aws ec2 describe-vpcs)\naws ec2 authorize-security-group-ingress --protocol tcp --port 5432 --source-group $G"
    )
    assert "--cidr 0.0.0.0/0" in found["source-any:authorize-security-group-ingress:ipv4"].blocks[0].text
    both = found["source-any:authorize-security-group-ingress:ipv6"].blocks[0].text
    assert "--source-group ${G}\n" in both
    assert "'IpProtocol=tcp,FromPort=5432,ToPort=5432,Ipv6Ranges=[{CidrIpv6=::/0}]'" in both


def test_another_variable_of_the_same_kind_is_taken(mutate: Mutate) -> None:
    lookup = "aws ec2 describe-security-groups --query x"
    text = f"A=$({lookup})\nB=$({lookup})\nV=$(aws ec2 describe-vpcs)\n{RULE} --group-id $A"
    found = [one for one in mutate(text) if one.startswith("variable-other")]
    assert found == ["variable-other:authorize-security-group-ingress:group-id-b"]


def test_a_rule_with_a_range_of_ports_is_widened(mutate: Mutate) -> None:
    rule = "IpProtocol=tcp,FromPort=80,ToPort=80,IpRanges=[{CidrIp=10.0.0.0/8}]"
    found = mutate(f"aws ec2 authorize-security-group-ingress --ip-permissions '{rule}'")
    texts = [mutant.blocks[0].text for mutant in found.values() if mutant.operator == "ports-widened"]
    ports = [text.split("FromPort=")[1].split(",IpR")[0] for text in texts]
    assert ports == ["81,ToPort=81", "80,ToPort=81", "0,ToPort=65535"]
    everybody = found["cidr-any:authorize-security-group-ingress:cidrip"].blocks[0].text
    assert "IpRanges=[{CidrIp=0.0.0.0/0}]" in everybody


TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !Ref Name
      VersioningConfiguration: {Status: Enabled}
      Tags:
        - {Key: Stage, Value: prod}
        - {Key: Owner, Value: !GetAtt Team.Arn}
"""


@pytest.mark.parametrize("wrap", [False, True], ids=["a block", "a here-document"])
def test_a_template_is_changed_property_by_property(mutate: Mutate, wrap: bool) -> None:
    text = f"cat > template.yaml <<'EOF'\n{TEMPLATE}EOF\naws cloudformation deploy --stack-name x" if wrap else TEMPLATE
    found = mutate(text, language="sh" if wrap else "cloudformation")
    mutant = found["property-left-out:template.yaml:versioningconfiguration"]
    whole = mutant.blocks[0].text.strip()
    body = whole.split("\n")[1] if wrap else whole
    properties = json.loads(body)["Resources"]["Bucket"]["Properties"]
    assert properties == {
        "BucketName": {"Ref": "Name"},
        "Tags": [{"Key": "Stage", "Value": "prod"}, {"Key": "Owner", "Value": {"Fn::GetAtt": ["Team", "Arn"]}}],
    }
    assert "setting-switched:template.yaml:deletionpolicy" in found
    assert "property-left-out:template.yaml:deletionpolicy" in found
    assert "tag-left-out:template.yaml:tags-stage" in found
    status = found["setting-switched:template.yaml:status"]
    assert status.line == 40 + TEMPLATE.split("\n").index("      VersioningConfiguration: {Status: Enabled}") + wrap


def test_the_manual_names_every_operator() -> None:
    manual = (Path(__file__).resolve().parents[3] / "docs" / "author.md").read_text()
    assert [name for name in OPERATORS if f"`{name}`" not in manual] == []
