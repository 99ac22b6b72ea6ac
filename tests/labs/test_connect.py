"""The Connect tab: each block says the same, in each tool's own words."""

from __future__ import annotations

import ast
import configparser
import shlex

import pytest

from labs.connect import keys, snippets, variables
from labs.sandboxes import Credentials

OWN = Credentials("AKIAEXAMPLE", "se/cret+key", None, "eu-west-1", "http://127.0.0.1:4566", "210987654321")
LENT = Credentials("ASIAEXAMPLE", "se/cret+key", "to/ken==", "eu-west-1", "http://127.0.0.1:4566", "210987654321")


@pytest.mark.parametrize("credentials", [OWN, LENT])
def test_a_posix_shell_reads_the_variables(credentials: Credentials) -> None:
    [bash] = [one.text for one in snippets(credentials) if one.id == "bash"]
    exported = [shlex.split(line) for line in bash.splitlines() if line.startswith("export ")]
    assert dict(pair.split("=", 1) for _, pair in exported) == variables(credentials)


def test_a_token_of_an_earlier_shell_is_unset_where_ours_has_none() -> None:
    blocks = {one.id: one.text for one in snippets(OWN)}
    for shell in ("bash", "fish", "powershell"):
        assert "AWS_SESSION_TOKEN" in blocks[shell].splitlines()[0] + blocks[shell].splitlines()[1]
    assert "token" not in blocks["profile"] + blocks["boto3"] + blocks["terraform"]


@pytest.mark.parametrize("credentials", [OWN, LENT])
def test_the_profile_is_one_that_the_aws_cli_reads(credentials: Credentials) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(next(one.text for one in snippets(credentials) if one.id == "profile"))
    profile = parser["profile skylab"]
    assert profile["endpoint_url"] == credentials.endpoint_url
    assert profile["aws_secret_access_key"] == credentials.secret_access_key
    assert profile.get("aws_session_token") == credentials.session_token


@pytest.mark.parametrize("credentials", [OWN, LENT])
def test_the_python_is_python(credentials: Credentials) -> None:
    [text] = [one.text for one in snippets(credentials) if one.id == "boto3"]
    said = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    assert {credentials.access_key_id, credentials.secret_access_key, credentials.endpoint_url} <= said


def test_the_terraform_block_closes_what_it_opens() -> None:
    [text] = [one.text for one in snippets(LENT) if one.id == "terraform"]
    assert text.count("{") == text.count("}") == 2


def test_the_facts_are_there_one_by_one() -> None:
    assert [key.id for key in keys(OWN)] == ["endpoint", "account", "region", "id", "secret"]
    assert keys(LENT)[-1].value == "to/ken=="
