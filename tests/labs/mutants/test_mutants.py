"""Mutants as a whole: named for good, no two alike, none equal to the solution, each of them text that can be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.content import Lab, load_catalog
from labs.content.draw import PLACEHOLDER
from labs.mutants import Mutant, mutants, shorthand
from labs.sandboxes.runner import shell
from tests.labs.mutants.conftest import Mutate, task_of

RULE = "aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port %d --cidr 10.0.0.0/8"
CATALOG = load_catalog(Path(__file__).resolve().parents[3] / "labs" / "catalog")


def test_ids_stay_when_something_else_changes(mutate: Mutate) -> None:
    alone = mutate(RULE % 443)
    after = mutate(
        "# more\naws s3api put-bucket-versioning --bucket b --versioning-configuration Status=Enabled", RULE % 443
    )
    assert set(alone) <= set(after)
    assert alone["port-next:authorize-security-group-ingress:port"].description == "line 40: --port 443 → 444"


def test_places_that_are_alike_are_numbered(mutate: Mutate) -> None:
    found = mutate(f"{RULE % 443}\n{RULE % 80}")
    assert found["left-out:authorize-security-group-ingress"].line == 40
    assert found["left-out:authorize-security-group-ingress-2"].line == 41
    assert found["port-next:authorize-security-group-ingress:port-2"].description == "line 41: --port 80 → 81"


def test_what_is_not_changed_stays_where_it_is(mutate: Mutate) -> None:
    text = f"# first\n{RULE % 443} \\\n  --dry-run\n\n{RULE % 80}  # last"
    changed = mutate(text)["port-next:authorize-security-group-ingress:port"].blocks[0].text
    assert changed.count("\n") == text.count("\n")
    assert changed.split("\n")[4] == text.split("\n")[4]


def test_what_is_only_looked_up_is_left_alone(mutate: Mutate) -> None:
    assert mutate("A=$(aws ec2 describe-vpcs --filters Name=x,Values=y --query z)") == {}


def test_what_takes_away_is_only_left_out(mutate: Mutate) -> None:
    assert list(mutate("aws s3api delete-bucket-policy --bucket b")) == ["left-out:delete-bucket-policy"]


def test_a_command_whose_answer_is_used_stays(mutate: Mutate) -> None:
    found = mutate(
        "T=$(aws sns create-topic --name t)\naws sns subscribe --topic-arn $T --protocol sqs --notification-endpoint x"
    )
    assert "left-out:create-topic" not in found
    assert "left-out:subscribe" in found


def test_variables_and_quotes_come_back_as_they_mean(mutate: Mutate) -> None:
    text = 'A=$(aws sts get-caller-identity)\naws sns create-topic --name "it\'s $A" --tags "Key=a b,Value=${A}x" Key=c,Value=d'
    changed = mutate(text)["tag-left-out:create-topic:tags-c"].blocks[0]
    _, command = shell.parse(changed.text)
    assert isinstance(command, shell.Aws)
    assert shell.many(command.words, {"A": "1 2"})[3:] == ["it's 1 2", "--tags", "Key=a b,Value=1 2x"]


def test_a_here_document_with_variables_keeps_them(mutate: Mutate) -> None:
    text = 'A=$(aws x get-y)\ncat > a.json <<EOF\n{"Enabled": true, "Arn": "$A", "Cost": "\\$5"}\nEOF\naws x put-y --z file://a.json'
    changed = mutate(text)["boolean-flipped:a.json:enabled"].blocks[0]
    file = shell.parse(changed.text)[1]
    assert isinstance(file, shell.WriteFile)
    assert shell.one(file.body, {"A": "arn"}).strip() == '{"Enabled": false, "Arn": "arn", "Cost": "$5"}'


def test_what_cannot_be_read_is_left_alone(mutate: Mutate) -> None:
    text = "cat > a.json <<'EOF'\n{\"Port\": {{ port }}}\nEOF\naws x put-y --z file://a.json"
    assert list(mutate(text)) == ["left-out:put-y"]
    assert mutate("import boto3", language="python") == {}


@pytest.mark.parametrize(
    "text",
    [
        "Name=web,Values=a,b",
        "Ranges=[{CidrIp=0.0.0.0/0,Description=HTTPS},{CidrIp=10.0.0.0/8}]",
        'Key="a, b",Value=x',
        "Rules=[{Filter={Prefix=logs/},Status=Enabled}]",
        "A=b=c",
    ],
)
def test_shorthand_is_read_and_written(text: str) -> None:
    read = shorthand.parse(text)
    assert read
    assert shorthand.parse(shorthand.render(read)) == read


@pytest.mark.parametrize("text", ["", "plain", "a,b", "Key=", "K=[a", "K={", "K=a}", "--x=1", "https://x?a=b"])
def test_what_is_no_shorthand_is_none(text: str) -> None:
    assert shorthand.parse(text) is None


@pytest.mark.parametrize("lab", CATALOG.values(), ids=list(CATALOG))
def test_every_mutant_of_the_catalog_can_be_played(lab: Lab) -> None:
    found: list[Mutant] = [mutant for task in lab.tasks for mutant in mutants(task)]
    assert 10 <= len(found) <= 50 * len(lab.tasks)
    for task in lab.tasks:
        made = mutants(task)
        assert made == mutants(task)
        assert len({one.id for one in made}) == len({one.blocks for one in made}) == len(made)
        assert {one.mutant for one in task.equivalents} <= {one.id for one in made}
        for one in made:
            assert one.blocks != task.solutions
            assert task.solutions[0].line <= one.line
            for block in one.blocks:
                assert "\ue000" not in block.text
                shell.parse(PLACEHOLDER.sub("x", block.text), block.line)


def test_a_task_without_commands_has_no_mutants() -> None:
    assert mutants(task_of("# nothing")) == ()
