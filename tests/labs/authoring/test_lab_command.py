"""`manage.py lab`: what it prints, and the exit statuses that scripts rely on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from labs.authoring import archive, places, proving, skeleton
from labs.authoring.places import examine, wait_for_change
from labs.proof import ProofReport
from labs.proof.report import Finding

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def catalog(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "catalog"
    folder.mkdir()
    settings.LAB_CATALOG = folder  # type: ignore[attr-defined]
    return folder


@pytest.fixture
def command(catalog: Path) -> Command:
    """Run `manage.py lab …` as a shell does; return exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        try:
            call_command("lab", *arguments, stdout=out, stderr=err)
        except CommandError as error:
            return error.returncode, out.getvalue(), str(error)
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return run


# --- new


@pytest.mark.parametrize("level", skeleton.LEVELS)
def test_a_new_lab_has_nothing_to_find(command: Command, catalog: Path, level: str) -> None:
    status, out, err = command("new", "keep-the-orders", "--level", level, "--services", "iam,dynamodb")
    assert (status, err) == (0, "")
    assert "keep-the-orders/lab.md is written" in out
    lab = examine(catalog / "keep-the-orders").lab
    assert lab is not None
    assert (lab.title, lab.level, lab.services[:2]) == ("Keep the orders", level, ("iam", "dynamodb"))
    assert command("lint") == (0, "", "1 labs read, 0 findings.\n")


def test_a_new_lab_begins_with_what_there_is_a_start_for() -> None:
    assert "services: [lambda, s3]" in skeleton.source("x", services=["lambda"])
    assert "create-table" in skeleton.source("x", services=["dynamodb", "s3"])
    assert "create-bucket" in skeleton.source("x", services=["s3", "dynamodb"])


def test_a_name_that_is_taken(command: Command, catalog: Path) -> None:
    assert command("new", "taken")[0] == 0
    (catalog / "taken" / "lab.md").write_text("mine")
    status, _, said = command("new", "taken")
    assert status == 2
    assert said == f"{catalog}/taken is there already. Choose another name, or remove it first."
    assert (catalog / "taken" / "lab.md").read_text() == "mine"


@pytest.mark.parametrize("slug", ["Keep", "keep_it", "../out", "keep--it", "", "ä", "a" * 61])
def test_a_name_that_cannot_be(command: Command, catalog: Path, slug: str) -> None:
    status, _, said = command("new", slug)
    assert status == 2
    assert "cannot be a lab's name" in said
    assert not list(catalog.parent.rglob("lab.md"))


def test_a_service_that_cannot_be_is_told_by_line(command: Command) -> None:
    status, _, err = command("new", "x", "--services", "S3!")
    assert status == 1
    assert "lab.md:8: labs.E005 services" in err


# --- lint


def test_findings_for_a_program(command: Command, catalog: Path, tmp_path: Path) -> None:
    elsewhere = skeleton.write("elsewhere", into=tmp_path / "other")
    (elsewhere / "lab.md").write_text(
        (elsewhere / "lab.md").read_text().replace("minutes: 15", "minutes: ten").replace("s3.bucket_b", "s3.bucked_b")
    )
    skeleton.write("sound", into=catalog)
    status, out, _ = command("lint", "sound", str(elsewhere), "--json")
    assert status == 1
    said = json.loads(out)
    assert (said["version"], said["ok"]) == (1, False)
    assert said["labs"] == [
        {"slug": "sound", "path": str(catalog / "sound"), "ok": True, "usable": True},
        {"slug": "elsewhere", "path": str(elsewhere), "ok": False, "usable": False},
    ]
    assert said["findings"][0] | {"cause": ""} == {
        "file": f"{elsewhere}/lab.md",
        "line": 7,
        "id": "labs.E005",
        "severity": "error",
        "cause": "",
        "remedy": "",
    }
    assert any(one["id"] == "labs.E014" and "bucked" in one["cause"] for one in said["findings"])


def test_findings_for_a_person(command: Command, catalog: Path) -> None:
    folder = skeleton.write("broken", into=catalog)
    (folder / "lab.md").write_text((folder / "lab.md").read_text().replace("~~~hint", "~~~hnt", 1))
    status, out, err = command("lint")
    assert status == 1
    assert f"{folder}/lab.md:42: labs.E008 hnt is not a kind of block (did you mean hint?)" in out
    assert err.startswith("1 labs read, 1 findings")


def test_a_warning_is_a_finding(command: Command, catalog: Path) -> None:
    path = skeleton.write("warned", into=catalog) / "lab.md"
    task = "\n## Look {#look points=1}\n\n~~~hint\nLook.\n~~~\n\n~~~solution\naws s3 ls\n~~~\n"
    check = '\n~~~check s3.bucket_versioned\nbucket: "{{ bucket }}"\n~~~\n'
    path.write_text(path.read_text() + task + check)
    status, out, _ = command("lint", "--json")
    assert status == 1
    assert [(one["severity"], one["id"]) for one in json.loads(out)["findings"]] == [("warning", "labs.W001")]
    assert json.loads(out)["labs"][0]["usable"] is True


@pytest.mark.parametrize("way", ["{0}", "{0}/", "{0}/lab.md"])
def test_a_lab_by_its_path(command: Command, tmp_path: Path, way: str) -> None:
    folder = skeleton.write("here", into=tmp_path)
    assert command("lint", way.format(folder))[0] == 0


def test_the_folder_that_one_is_in(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(skeleton.write("here", into=tmp_path))
    status, out, _ = command("lint", ".", "--json")
    assert (status, json.loads(out)["labs"][0]["slug"]) == (0, "here")


def test_a_lab_that_is_not_there(command: Command, catalog: Path) -> None:
    skeleton.write("sound", into=catalog)
    assert command("lint", "soun") == (2, "", f"There is no lab soun in {catalog}. did you mean sound?")
    assert command("test", "soun")[0] == 2
    assert command("lint", str(catalog)) == (2, "", f"There is no lab.md in {catalog}.")


def test_an_empty_catalog(command: Command, catalog: Path) -> None:
    assert command("lint") == (2, "", f"There are no labs in {catalog}.")


@pytest.mark.parametrize("arguments", [(), ("prove",), ("lint", "--fast"), ("new",)])
def test_called_wrongly(arguments: tuple[str, ...], catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import ManagementUtility

    with pytest.raises(SystemExit) as ended:
        ManagementUtility(["manage.py", "lab", *arguments]).execute()
    assert ended.value.code == 2
    assert "usage: manage.py lab" in capsys.readouterr().err


# --- test: the proof itself is proved in tests/labs/proof; here is what is told of it


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of proofs: the names of the labs that were to be proved; broken ones break a promise."""
    proved: list[str] = []

    @contextmanager
    def no_host() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(provider=None, runner=None, make_ref=None, judge=None)

    def prove(lab: object, **options: object) -> ProofReport:
        slug = lab.slug  # type: ignore[attr-defined]
        proved.append(slug)
        findings = (Finding(f"{slug}/lab.md", 4, "solution", "seed 1: it failed"),) if "broken" in slug else ()
        return ProofReport(slug, findings, 3, 9, 21_040 if "slow" in slug else 1_000)

    monkeypatch.setattr(proving, "proof_host", no_host)
    monkeypatch.setattr(proving, "prove", prove)
    return proved


def test_proofs_for_a_person_with_their_seconds(command: Command, catalog: Path, proofs: list[str]) -> None:
    for slug in ("quick", "slow"):
        skeleton.write(slug, into=catalog)
    status, out, _ = command("test")
    assert (status, proofs) == (0, ["quick", "slow"])
    assert "quick: proved (3 scenarios, 9 commands, 1.0 s)" in out
    assert "2 proofs in 22 s, 1 of them in more than 20 s each:\n    21.0 s  slow  (more than promised)\n" in out


def test_proofs_for_a_program(command: Command, catalog: Path, proofs: list[str]) -> None:
    skeleton.write("broken", into=catalog)
    unread = skeleton.write("unread", into=catalog)
    (unread / "lab.md").write_text("---\n---\n")
    status, out, _ = command("test", "--json", "broken", "unread")
    said = json.loads(out)
    assert (status, said["version"], said["ok"]) == (1, 1, False)
    assert said["findings"][0]["file"] == f"{unread}/lab.md"
    (lab,) = said["labs"]
    assert (lab["slug"], lab["ok"], lab["seconds"]) == ("broken", False, 1.0)
    finding = {"path": "broken/lab.md", "line": 4, "promise": "solution", "message": "seed 1: it failed", "ours": False}
    assert lab["findings"] == [finding]


def test_what_can_be_proved_is_proved_where_another_cannot_be_read(
    command: Command, catalog: Path, proofs: list[str]
) -> None:
    skeleton.write("sound", into=catalog)
    (skeleton.write("unread", into=catalog) / "lab.md").write_text("---\n---\n")
    status, _, err = command("test")
    assert (status, proofs) == (1, ["sound"])
    assert "unread/lab.md" in err


def test_no_learner_at_all(command: Command, catalog: Path, proofs: list[str]) -> None:
    skeleton.write("sound", into=catalog)
    assert command("test", "--seeds", "0")[0] == 2
    assert proofs == []


def test_a_lab_that_changes_is_proved_again_and_the_others_are_not(
    command: Command, catalog: Path, proofs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in ("one", "two"):
        skeleton.write(slug, into=catalog)
    rounds = iter(["two", "two-is-gone"])

    def change(places: list[Path], known: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        if next(rounds) != "two":
            raise KeyboardInterrupt
        return known | {str(catalog / "two" / "lab.md"): (1, 1)}

    monkeypatch.setattr(proving, "wait_for_change", change)
    status, out, _ = command("test", "--watch")
    assert (status, proofs) == (0, ["one", "two", "two"])
    assert out.count("Waiting for a file to change") == 2


def test_a_change_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = skeleton.write("one", into=tmp_path)
    known = places.stamps([folder])
    slept = threading.Event()

    def sleep(_: float) -> None:
        if not slept.is_set():
            (folder / "checks.py").write_text("# mine\n")
        slept.set()

    monkeypatch.setattr(time, "sleep", sleep)
    now = wait_for_change([folder], known)
    assert now.keys() - known.keys() == {str(folder / "checks.py")}


# --- export and import


def test_a_lab_goes_out_and_comes_in(command: Command, catalog: Path, tmp_path: Path) -> None:
    skeleton.write("one", into=catalog)
    packed = tmp_path / "one.zip"
    assert command("export", "one", "--to", str(packed))[0] == 0
    assert command("export", "one", "--to", str(packed))[0] == 2  # nothing is written over
    status, out, _ = command("import", str(packed), "--slug", "two")
    assert (status, out) == (0, f"{catalog}/two is written: 1 files, 0 findings.\n")
    assert (catalog / "two" / "lab.md").read_bytes() == (catalog / "one" / "lab.md").read_bytes()
    status, _, said = command("import", str(packed))
    assert (status, said) == (1, "A folder one is there already; choose another name.")


def test_what_comes_in_is_linted_and_judged(command: Command, catalog: Path, tmp_path: Path) -> None:
    def packed(**files: bytes) -> str:
        (tmp_path / "x.zip").write_bytes(archive.pack(archive.Folder("", files)))
        return str(tmp_path / "x.zip")

    status, _, said = command("import", packed(**{"readme.md": b"x"}))
    assert (status, said) == (2, "There is no lab.md at its top. Say --slug, or for a repository --folder.")
    status, _, said = command("import", packed(**{"lab.md": b"no front matter"}))
    assert (status, "labs.E002" in said) == (1, True), said
    (tmp_path / "y.zip").write_bytes(b"no zip")
    assert command("import", str(tmp_path / "y.zip"))[::2] == (1, "This is no zip file.")
    assert command("import", str(tmp_path / "z.zip"))[0] == 2
    assert command("import", "ftp://example.com/x")[0] == 1
    assert {path.name for path in catalog.iterdir()} == {"x"}
