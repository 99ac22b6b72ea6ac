"""The shell subset: what it means, and what it refuses with its line and the way out."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.sandboxes.runner import shell


def words(text: str, **variables: str) -> list[str]:
    (statement,) = shell.parse(text)
    assert isinstance(statement, shell.Aws)
    return shell.many(statement.words, variables)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("aws s3 ls", ["s3", "ls"]),
        ("aws s3 ls \\\n  --region x", ["s3", "ls", "--region", "x"]),
        ("  aws s3 ls  # list", ["s3", "ls"]),
        ("aws a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        ("aws a ''", ["a", ""]),
        ("aws a b#c", ["a", "b#c"]),
        ("aws a 'x'\"y\"z", ["a", "xyz"]),
        ("aws a '$X' \"$X\" \\$X", ["a", "$X", "1 2", "$X"]),
        ("aws a $X", ["a", "1", "2"]),
        ("aws a pre$X", ["a", "pre1", "2"]),
        ("aws a ${X}post", ["a", "1", "2post"]),
        ("aws a $EMPTY b", ["a", "b"]),
        ('aws a "$EMPTY" b', ["a", "", "b"]),
        ('aws a "x\\"y" "\\n" "a$"', ["a", 'x"y', "\\n", "a$"]),
        ("aws a '{\n \"b\": 1\n}'", ["a", '{\n "b": 1\n}']),
        ("aws a arn:aws:s3:::b/* --query 'A[?b==`c`]'", ["a", "arn:aws:s3:::b/*", "--query", "A[?b==`c`]"]),
    ],
)
def test_words_mean_what_they_mean_in_sh(text: str, meant: list[str]) -> None:
    assert words(text, X="1 2", EMPTY="") == meant


@pytest.mark.skipif(shutil.which("sh") is None, reason="no sh here to compare with")
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", " ", "'", '"', "$X", "${X}", "$E", "\\", ".", ","]), max_size=8).map("".join)
)
def test_whatever_we_accept_sh_understands_the_same(text: str) -> None:
    try:
        ours = words(f"aws x {text}", X="1  2", E="")
    except shell.ShellError:
        return
    script = f'aws() {{ printf "%s\\0" "$@"; }}; X="1  2"; E=""; aws x {text}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == ours


def test_tools_for_its_own_files() -> None:
    zipped, made = shell.parse("zip -q code.zip index.py $MORE\nmkdir -p scripts")
    assert isinstance(zipped, shell.Tool)
    assert (zipped.name, shell.many(zipped.words, {"MORE": "a b"})) == ("zip", ["-q", "code.zip", "index.py", "a", "b"])
    assert isinstance(made, shell.Tool)
    assert (made.name, made.line) == ("mkdir", 2)
    assert shell.undefined([zipped]) == (1, "MORE")


def test_a_variable_a_substitution_and_a_file() -> None:
    assign, aws, literal, filled = shell.parse(
        "NAME='a b'\nARN=\"$(aws sns create-topic --name \"$NAME\")\"\n"
        "cat > a.json <<'EOF'\n{\"x\": \"$NAME\"}\nEOF\ncat <<END > b.json\n$NAME \\$5 ${NAME}\"\nEND\n"
    )  # fmt: skip
    variables = {"NAME": "a b"}
    assert isinstance(assign, shell.Assign)
    assert shell.one(assign.value, {}) == "a b"
    assert isinstance(aws, shell.Aws)
    assert (aws.into, shell.many(aws.words, variables)[-1]) == ("ARN", "a b")
    assert isinstance(literal, shell.WriteFile)
    assert shell.one(literal.body, {}) == '{"x": "$NAME"}\n'
    assert isinstance(filled, shell.WriteFile)
    assert shell.one(filled.body, variables) == 'a b $5 a b"\n'
    assert [one.line for one in (assign, aws, literal, filled)] == [1, 2, 3, 6]


REFUSED = [
    ("aws s3 ls | jq .", "line 12: pipes are not supported in a lab's blocks; use --query instead"),
    ("aws s3 ls && aws s3 ls", "line 12: & and && are not supported in a lab's blocks; write one command a line"),
    ("aws s3 ls; aws s3 ls", "line 12: several commands on one line"),
    ("aws s3 ls > x", "line 12: > is only supported as cat"),
    ("aws s3 ls < x", "line 12: < is not supported"),
    ("X=`date`", "line 12: backticks are not supported"),
    ("X=$(date)", "line 12: $(…) is only supported with aws in it; write X=$(aws … --output text)"),
    ("X=$((1+1))", "line 12: arithmetic is not supported"),
    ("aws a $(aws b)", "line 12: $(…) is only supported as NAME=$(aws …)"),
    ("aws a ${X:-y}", "line 12: only ${X} is supported"),
    ("aws a $1", "line 12: $1 is not supported"),
    ("for x in 1; do", "line 12: for is not supported in a lab's blocks; write the commands out"),
    ("export X=1", "line 12: export is not supported in a lab's blocks; write NAME=value"),
    ("sleep 5", "line 12: sleep is not supported in a lab's blocks; use aws … wait"),
    ("jq . x", "line 12: jq is not supported in a lab's blocks; use --query"),
    ("rm -rf /", "line 12: rm is not supported in a lab's blocks; only aws …"),
    ("/bin/aws s3 ls", "line 12: /bin/aws is not supported"),
    ("X=1 aws s3 ls", "line 12: aws cannot stand here; write NAME=value on a line of its own"),
    ("aws a {b,c}", "line 12: a shell would split {b,c}; put it in single quotes"),
    ("aws a 'b", "line 12: a ' is not closed"),
    ('aws a "b', 'line 12: a " is not closed'),
    ("X=$(aws a", "line 12: $(…) goes over a line end"),
    ("cat > x <<'EOF'\nabc", "line 12: the end of <<EOF is missing; write EOF alone on a line"),
    ("cat > /etc/x <<'EOF'\nEOF", "line 12: /etc/x is outside the block's own directory"),
    ("cat > ../x <<'EOF'\nEOF", "line 12: ../x is outside the block's own directory"),
    ("cat > .aws <<'EOF'\nEOF", "line 12: .aws is outside the block's own directory"),
    ("cat >> x <<'EOF'\nEOF", "line 12: >> is not supported"),
    ("cat /etc/passwd", "line 12: cat is not supported in a lab's blocks; write cat > name <<'EOF'"),
    ("aws s3 ls ~/x", "line 12: ~ is not supported"),
    ("aws s3 ls --endpoint-url http://x", "line 12: --endpoint-url is not supported in a lab's blocks; leave it out"),
    ("aws s3 ls --profile=x", "line 12: --profile is not supported"),
    ("aws configure set x y", "line 12: aws configure is not supported in a lab's blocks; leave it out"),
    ("aws s3api put-object help", "line 12: aws … help is not supported"),
    ("aws", "line 12: aws alone does nothing"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_all_else_is_refused_with_line_and_remedy(text: str, said: str) -> None:
    with pytest.raises(shell.ShellError) as caught:
        shell.parse(f"# a comment\n{text}\n", 11)
    assert str(caught.value).startswith(said)


def test_a_variable_without_a_value_is_found_before_anything_runs() -> None:
    assert shell.undefined(shell.parse("A=1\naws x $A\naws y $B", 5)) == (7, "B")
    assert shell.undefined(shell.parse("A=$(aws x)\naws y $A")) is None
