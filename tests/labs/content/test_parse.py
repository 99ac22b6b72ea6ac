"""Every mistake is named with its line, its cause and the way out, all in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.content import ContentError, Lab, bind, draw, load_lab, parse_lab
from tests.labs.content.conftest import GOOD, Problems


def test_a_good_lab_is_read_whole(lab: Lab) -> None:
    block, versions = lab.tasks
    assert (lab.points, lab.region, lab.principal, lab.warnings) == (10, "us-east-1", "admin", ())
    assert (block.id, block.points, block.after, versions.after) == ("block", 6, (), ("block",))
    assert block.checks[0].parameters == {"bucket": "{{ bucket }}"}
    assert block.checks[0].weight == 2
    assert versions.checks[0].title == "Versioning is on"
    assert versions.checks[0].parameters["with"] == {"Bucket": "{{ bucket }}"}
    assert [one.name for one in versions.alternatives] == ["from a file"]
    assert versions.near_misses[0].fails == ("Versioning is on",)
    assert block.hints[0].text == "Look at the four switches."


def test_an_accepted_mutant_is_read_with_its_reason() -> None:
    block = "~~~equivalent a-b:c.json:d-2 e:f\nIt is all\nthe same.\n~~~\n\n"
    lab = parse_lab(GOOD.replace("~~~near-miss fails=s3", f"{block}~~~near-miss fails=s3"), slug="good", path="p")
    accepted = [(one.mutant, one.reason, one.line) for one in lab.tasks[0].equivalents]
    assert accepted == [("a-b:c.json:d-2", "It is all the same.", 38), ("e:f", "It is all the same.", 38)]


def test_every_part_knows_its_line(lab: Lab) -> None:
    lines = GOOD.split("\n")
    block = lab.tasks[0]
    assert lines[block.line - 1].startswith("## Block public access")
    assert lines[block.checks[0].line - 1].startswith("~~~check")
    assert lines[block.solutions[0].line - 1].startswith("aws s3api put-public")
    assert lines[block.near_misses[0].line - 1].startswith("~~~near-miss")
    assert lines[lab.start[0].line - 1].startswith("aws s3api create-bucket")


MISTAKES = [
    ("title: Serve", "titel: Serve", "2: labs.E004 titel is not a key of a lab's front matter (did you mean title?)"),
    ("minutes: 30\n", "", "2: labs.E005 minutes is missing"),
    (
        "level: guided",
        "level: guide",
        "4: labs.E005 level must be guided or challenge or exam or playground, not 'guide'",
    ),
    ("title: Serve files without opening the bucket", "title: 12", "put it in quotes"),
    ("minutes: 30", "minutes: 0", "5: labs.E005 minutes should be greater than or equal to 1"),
    ("{hex4}", "{hax4}", "8: labs.E006 parameters.bucket: {hax4} is not known"),
    ('"acme-{color}-{hex4}"', '"acme"', "8: labs.E006 parameters.bucket: is the same for everybody"),
    ("{one_of: [10.20.0.0/16, 10.40.0.0/16]}", "{one_of: [a, a]}", "9: labs.E006"),
    ("one_of", "oneof", "9: labs.E004 parameters.cidr.oneof is not a key"),
    ("  cidr:", "  account_id:", "is given by the session"),
    ("minutes: 30", "minutes: 30\nminutes: 20", "6: labs.E003 minutes is written twice (it stands on line 5"),
    ("[s3, iam]", "&a [s3, iam]", "6: labs.E003 not YAML: anchors and aliases"),
    ("title: Serve", "title: {{ bucket }}", "2: labs.E015 title is the same for everybody"),
    ("~~~hint", "~~~hnit", "30: labs.E008 hnit is not a kind of block (did you mean hint?)"),
    ("~~~hint", "~~~", "30: labs.E008 a block without a kind"),
    (
        "check s3.bucket_blocks_public_access",
        "check s3.bucket_blocks_publik_access",
        "26: labs.E014 check s3.bucket_blocks_publik_access is not known (did you mean s3.bucket_blocks_public",
    ),
    (
        "bucket: {{ bucket }}\n",
        "bukket: {{ bucket }}\n",
        "27: labs.E014 s3.bucket_blocks_public_access has no parameter",
    ),
    ("weight=2", "wieght=2", "26: labs.E010 wieght= is not known for a check block (did you mean weight?)"),
    ("weight=2", "weight=0", "26: labs.E010 weight must be a number above 0"),
    (
        "`{{ bucket }}` in",
        "`{{ bukcet }}` in",
        "12: labs.E015 {{ bukcet }} is not a parameter of this lab (did you mean bucket?)",
    ),
    ("`{{ bucket }}` in", "`{{ bucket.name }}` in", "12: labs.E015 {{ bucket.name }} is not a name"),
    ("bucket: {{ bucket }}", "bucket: {{ bukcet }}", "27: labs.E015 {{ bukcet }}"),
    ("after=block", "after=blok", "labs.E013 after=blok: there is no such earlier task (did you mean block?)"),
    ("points=6", "points=6 after=versions", "18: labs.E013 after=versions: that task comes later"),
    ("{#versions", "{#block", "labs.E012 task block is there already (on line 18)"),
    ("points=6", "", "18: labs.E011 points is missing"),
    ("points=6", "points=-6", "18: labs.E011 points must be a number above 0"),
    (" {#block points=6}", "", "18: labs.E011 a task needs an id and points"),
    ("points=6", "pionts=6", "18: labs.E011 pionts= is not known for a task (did you mean points?)"),
    ('fails="Versioning is on"', 'fails="Versioning is of"', "labs.E016 fails=Versioning is of: no check up to here"),
    ('near-miss fails="Versioning is on"', "near-miss", "labs.E016 a near miss must name the checks that fail"),
    ('fails="Versioning is on"', "fails=s3.bucket_blocks_public_access", "labs.E016 no check of task versions fails"),
    ("~~~start\naws", "~~~start\naws s3 ls | jq .\naws", "15: labs.E017 pipes are not supported in a lab's blocks"),
    ("~~~start\naws s3api create-bucket --bucket {{ bucket }}", "~~~start", "14: labs.E017 the start block is empty"),
    ("--versioning-configuration Status=Enabled", "$ARN", "labs.E017 $ARN has no value"),
    (
        "~~~hint\nA bucket can keep",
        "~~~start\nA bucket can keep",
        "labs.E009 a start block belongs to the introduction",
    ),
    ("~~~start", "~~~solution", "14: labs.E009 a solution block belongs to a task"),
    ("~~~start", "  ~~~start", "14: labs.E009 this is no start block, and learners would see it"),
    (
        "```\n\n~~~check",
        "\n~~~check",
        "25: labs.E009 a check block cannot stand in a ``` block (close the ``` block of",
    ),
    ("Look at the four switches.\n~~~", "Look at the four switches.", "30: labs.E007 the hint block is not closed"),
    ("Suspended\n~~~", "Suspended", "labs.E007 the near-miss block is not closed"),
    (
        "~~~near-miss fails=s3",
        "~~~equivalent\nThis is why.\n~~~\n\n~~~near-miss fails=s3",
        "38: labs.E030 an equivalent must name",
    ),
    (
        "~~~near-miss fails=s3",
        "~~~equivalent a:b\n~~~\n\n~~~near-miss fails=s3",
        "38: labs.E031 an equivalent needs its reason",
    ),
    (
        "~~~near-miss fails=s3",
        "~~~equivalent A b:\nThis is why.\n~~~\n\n~~~near-miss fails=s3",
        "E030 'A' cannot be a mutant's id",
    ),
    (
        "~~~near-miss fails=s3",
        "~~~equivalent a:b\nThis is why.\n~~~\n~~~equivalent c:d a:b\nThis is why.\n~~~\n~~~near-miss fails=s3",
        "41: labs.E030 a:b is accepted already (on line 38)",
    ),
    (
        "~~~near-miss fails=s3",
        "~~~equivalent a:b why=x\nThis is why.\n~~~\n~~~near-miss fails=s3",
        "why= is not known for an",
    ),
    (
        "~~~near-miss fails=s3",
        "~~~equivalent a:b\nSo {{ bukcet }} is.\n~~~\n~~~near-miss fails=s3",
        "39: labs.E015 {{ bukcet }}",
    ),
    ("~~~start", "~~~equivalent a:b", "14: labs.E009 an equivalent block belongs to a task"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_is_named_with_line_cause_and_remedy(problems: Problems, old: str, new: str, said: str) -> None:
    assert old in GOOD
    found = [str(problem) for problem in problems(GOOD.replace(old, new, 1))]
    assert any(said in line for line in found), found
    assert all(line.startswith("good/lab.md:") for line in found)


def test_all_mistakes_come_in_one_go(problems: Problems) -> None:
    source = (
        GOOD.replace("level: guided", "level: easy").replace("after=block", "after=x").replace("{#block", "{#Block")
    )
    ids = {problem.id for problem in problems(source.replace("{{ cidr }}", "{{ cider }}"))}
    assert {"labs.E005", "labs.E013", "labs.E011", "labs.E015"} <= ids


def test_a_mistake_in_the_front_matter_does_not_hide_those_below(problems: Problems) -> None:
    found = problems(GOOD.replace("minutes: 30", "minutes: {").replace("~~~hint", "~~~hnit"))
    assert {problem.id for problem in found} == {"labs.E003", "labs.E008"}


def test_a_task_needs_a_check_and_a_solution(problems: Problems) -> None:
    found = problems(GOOD + "\n## Third {#third points=1}\n\nText.\n")
    assert [problem.message for problem in found] == ["task third has no check", "task third has no solution"]


def test_a_lab_needs_a_task(problems: Problems) -> None:
    assert [problem.id for problem in problems(GOOD[: GOOD.index("## Block")])] == ["labs.E019"]


def test_a_lab_needs_front_matter(problems: Problems) -> None:
    assert problems(GOOD[4:])[0].id == "labs.E002"
    assert problems("")[0].id == "labs.E002"
    assert problems(GOOD.replace("---\n\nThe", "\nThe"))[0].id == "labs.E002"


def test_a_check_that_no_near_miss_fails_is_a_warning(problems: Problems) -> None:
    (warning,) = problems(GOOD[: GOOD.index('~~~near-miss fails="Versioning')])
    assert (warning.id, warning.is_warning) == ("labs.W001", True)
    assert warning.message == "no near miss fails Versioning is on"


def test_an_unused_parameter_and_a_task_without_a_hint_are_warnings(problems: Problems) -> None:
    source = GOOD.replace(" in {{ cidr }}", "").replace("~~~hint\nA bucket can keep what was.\n~~~\n", "")
    assert [problem.id for problem in problems(source)] == ["labs.W002", "labs.W003"]


def test_values_stay_the_text_that_they_look_like() -> None:
    source = GOOD.replace("is: Enabled", "is: on").replace("that: Status", "that: 2024-01-01")
    call = parse_lab(source, slug="good", path="p", validate=lambda call: []).tasks[1].checks[0]
    assert (call.parameters["is"], call.parameters["that"]) == ("on", "2024-01-01")


def test_cloudformation_references_are_not_ours(problems: Problems) -> None:
    assert problems(GOOD.replace("Text for the learner.", "See `{{resolve:ssm:name}}`.")) == []


@pytest.mark.parametrize("text", ["\x00", "\x85", "\u2028", "\ue000"])
def test_a_character_that_hides_is_refused(problems: Problems, text: str) -> None:
    (problem,) = problems(GOOD.replace("Text for", f"Text{text} for"))
    assert (problem.id, problem.line) == ("labs.E001", 20)


def test_windows_line_ends_are_read(problems: Problems) -> None:
    assert problems("\ufeff" + GOOD.replace("\n", "\r\n")) == []


def test_a_file_of_300_kb_is_refused(problems: Problems, tmp_path: Path) -> None:
    source = GOOD.replace("Text for the learner.", "x" * 300_000)
    assert [problem.id for problem in problems(source)] == ["labs.E001"]
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "lab.md").write_text(source)
    with pytest.raises(ContentError, match="larger than 256 KiB"):
        load_lab(folder)


@pytest.mark.parametrize("slug", ["", "A", "a b", "../x", "a--b"])
def test_a_slug_is_small_letters_digits_and_dashes(slug: str) -> None:
    with pytest.raises(ContentError, match=r"labs\.E001"):
        parse_lab(GOOD, slug=slug, path="p")


def test_a_folder_without_a_readable_lab_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(ContentError, match="cannot be read"):
        load_lab(folder)
    (folder / "lab.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ContentError, match="not UTF-8"):
        load_lab(folder)


POLICY = """principal:
  Version: "2012-10-17"
  Statement: [{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::{{ bucket }}*"}]
"""


def test_a_restricted_principal_is_set_after_the_start() -> None:
    lab = bind(_restricted(), {**draw(_restricted(), "seed"), "account_id": "123456789012", "region": "us-east-1"})
    *start, last = lab.setup
    assert tuple(start) == lab.start
    assert "put-user-policy --user-name learner" in last.text
    assert "{{" not in last.text
    assert "detach-user-policy" in last.text.splitlines()[-1]


def test_a_principal_that_is_no_policy_is_told(problems: Problems) -> None:
    found = problems(GOOD.replace("parameters:", f"{POLICY.replace('Allow', 'Permit')}parameters:", 1))
    assert [one.id for one in found] == ["labs.E032"]
    assert "Effect" in found[0].message


def _restricted() -> Lab:
    return parse_lab(GOOD.replace("parameters:", f"{POLICY}parameters:", 1), slug="x", path="x")
