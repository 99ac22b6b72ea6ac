"""Repositories of strangers: one commit's files are read, and nothing that the repository says is done."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labs.authoring import archive, gits
from labs.authoring.archive import ArchiveRefused, Limits

Make = Callable[..., Path]


def git(where: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=Author", "-c", "user.email=author@example.com", "-c", "core.hooksPath=/dev/null"]
    return subprocess.run(
        ["git", *settings, *arguments], cwd=where, check=True, capture_output=True, text=True, timeout=30
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "repository").mkdir()
    git(tmp_path / "repository", "init", "-q", "-b", "main", "--template=")
    return tmp_path / "repository"


def commit(where: Path, **files: str | bytes) -> None:
    for name, data in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    git(where, "add", "-A", "-f")
    git(where, "commit", "-q", "-m", "Write")


def bundle(where: Path) -> Path:
    git(where, "bundle", "create", "-q", str(where.parent / "made.bundle"), "HEAD", "main")
    return where.parent / "made.bundle"


def refusal(source: str | Path, *, folder: str = "", ref: str = "", **limits: float) -> str:
    with pytest.raises(ArchiveRefused) as caught:
        gits.read_git(source, folder=folder, ref=ref, limits=Limits(**limits))  # type: ignore[arg-type]
    return str(caught.value)


def test_a_bundles_files_become_a_folder(repository: Path, tmp_path: Path) -> None:
    commit(repository, **{"lab.md": "# Old\n"})
    git(repository, "tag", "v1")
    commit(repository, **{"lab.md": "# New\n", "img/a.svg": "<svg/>", "é.md": "x", ".gitignore": "*", "run.exe": "MZ"})
    made = bundle(repository)
    archive.import_git(made, tmp_path / "in")
    found = {path.relative_to(tmp_path / "in").as_posix() for path in (tmp_path / "in").rglob("*") if path.is_file()}
    assert found == {"lab.md", "img/a.svg", "é.md"}
    assert (tmp_path / "in" / "lab.md").read_text() == "# New\n"


def test_one_folder_of_a_repository(repository: Path) -> None:
    commit(repository, **{"labs/a/lab.md": "# A\n", "labs/b/lab.md": "# B\n", "labs/ab/lab.md": "# AB\n"})
    made = bundle(repository)
    assert gits.read_git(made, folder="labs/a") == archive.Folder("a", {"lab.md": b"# A\n"})
    assert gits.read_git(made, folder="/labs/b/").files == {"lab.md": b"# B\n"}
    assert refusal(made, folder="labs/c") == "There are no files of content in labs/c."
    assert "leads out" in refusal(made, folder="../a")


def test_a_branch_by_its_name(repository: Path) -> None:
    commit(repository, **{"lab.md": "# Main\n"})
    assert gits.read_git(bundle(repository), ref="main").files == {"lab.md": b"# Main\n"}
    assert "Git could not read the repository" in refusal(bundle(repository), ref="other")


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "-q", "a..b", "a b", "main:main", "HEAD@{1}", "+main"])
def test_a_branch_that_would_be_an_option_or_more(repository: Path, ref: str) -> None:
    assert "cannot be the name of a branch" in refusal(repository, ref=ref)


def test_a_link_in_a_repository(repository: Path) -> None:
    (repository / "checks.py").symlink_to("/etc/passwd")
    commit(repository, **{"lab.md": "x"})
    assert refusal(bundle(repository)).startswith("checks.py cannot be taken: it is a link")


def test_a_submodule_is_not_fetched(repository: Path) -> None:
    commit(repository, **{"lab.md": "x", ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x'})
    head = git(repository, "rev-parse", "HEAD").strip()
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},x")
    git(repository, "commit", "-q", "-m", "Submodule")
    assert refusal(bundle(repository)).startswith("x cannot be taken: it is a submodule")


@pytest.mark.parametrize(("name", "why"), [("a\\b.md", "write /"), ("CON.md", "device's"), ("a\nb.md", "be seen")])
def test_names_are_judged_as_a_zips_are(repository: Path, name: str, why: str) -> None:
    commit(repository, **{name: "x"})
    assert why in refusal(bundle(repository))


def test_a_name_that_is_not_utf_8(repository: Path) -> None:
    Path(os.fsdecode(bytes(repository) + b"/l\xffb.md")).write_text("x")
    commit(repository)
    assert refusal(bundle(repository)) == r"l\xffb.md cannot be taken: its name is not UTF-8."


def test_a_hook_a_filter_and_a_template_do_nothing(repository: Path, tmp_path: Path) -> None:
    """What runs when somebody else's repository is checked out, of the many ways that there are."""
    said = tmp_path / "said"
    (repository / ".git" / "hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        (repository / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {said}\n")
        (repository / ".git" / "hooks" / hook).chmod(0o755)
    commit(repository, **{"lab.md": "x", ".gitattributes": "*.md filter=evil", ".lfsconfig": "[lfs]\nurl=x"})
    assert set(gits.read_git(bundle(repository)).files) == {"lab.md"}
    assert not said.exists()


def test_what_this_machines_git_is_told_is_not_heard(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, **{"lab.md": "x"})
    made = bundle(repository)
    said = tmp_path / "said"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "reference-transaction").write_text(f"#!/bin/sh\ntouch {said}\n")
    (hooks / "reference-transaction").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks}\n\tfsmonitor = {hooks}/reference-transaction\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_TRACE", str(said))
    assert set(gits.read_git(made).files) == {"lab.md"}
    assert not said.exists()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc",
        "/srv/repository",
        "http://example.com/x.git",
        "ssh://git@example.com/x",
        "git@example.com:x.git",
        "ext::sh -c touch% x",
        "https::ext::sh",
        "--upload-pack=touch x",
        "https:///x",
        "https://exa mple.com/x",
        "https://example.com/a\nb",
        "https://[::1/x",
        "",
    ],
)
def test_an_address_that_is_none_of_a_public_repository(url: str) -> None:
    assert "address" in refusal(url)


def test_a_password_in_an_address_is_not_told_again() -> None:
    said = refusal("https://author:secret@example.com/x.git")
    assert "password in the address" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.8",
        "fd00::1",
        "0.0.0.0",
        "224.0.0.1",
        "2002:a00:1::",
    ],
)
def test_a_name_that_leads_into_this_network(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the first of its addresses is a machine of the internet."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.215.14", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert refusal("https://example.com/x.git") == "The name example.com leads into this network, not to the internet."


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert "not known" in refusal("https://nowhere.example/x.git")


def test_a_machine_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gits.shutil, "which", lambda _: None)
    assert refusal("https://example.com/x.git") == "The program git is not installed here."


def test_what_is_no_bundle(tmp_path: Path) -> None:
    """A repository's path, and a file that leads to one, are no bundles either."""
    (tmp_path / "x").write_text("gitdir: /srv/repository\n")
    assert "no Git bundle" in refusal(tmp_path / "x")


def test_half_a_bundle(repository: Path) -> None:
    commit(repository, **{"lab.md": os.urandom(9000)})
    made = bundle(repository)
    made.write_bytes(made.read_bytes()[:-4000])
    assert "Git could not read the repository" in refusal(made)


def test_a_bundle_that_is_too_large(repository: Path) -> None:
    commit(repository, **{"lab.md": os.urandom(9000)})
    assert "the bundle is larger" in refusal(bundle(repository), packed=4096).lower()


def test_too_much_in_a_repository(repository: Path) -> None:
    commit(repository, **{"a.md": bytes(9000), "b.md": "x", "c.md": "y"})
    made = bundle(repository)
    assert "a.md cannot be taken: it is larger" in refusal(made, member=4000)
    assert "with it the archive is larger" in refusal(made, unpacked=9000)
    assert "more than 2 members" in refusal(made, members=2)


def test_a_repository_of_far_more_files_than_content_has(repository: Path) -> None:
    commit(repository, **{f"{number}.exe": "x" for number in range(42)}, **{"lab.md": "x"})
    assert "more than 40 files" in refusal(bundle(repository), members=2)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A web server at which nothing is a repository; the address of one there, and what was asked for."""
    asked: list[str] = []
    over = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path.startswith("/slow"):
                over.wait(30)
            elif self.path.startswith("/elsewhere"):
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inside/info/refs")
                self.end_headers()
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(gits, "PROTOCOLS", ("http",))
        monkeypatch.setattr(gits, "_is_public", lambda _: True)
        port = server.server_port
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        )
        yield f"http://repository.example:{port}", asked
        over.set()
        server.shutdown()


def test_git_goes_where_was_looked_and_nowhere_else(served: tuple[str, list[str]]) -> None:
    """The name is in no directory: that Git comes is our doing. It follows nobody from there."""
    address, asked = served
    assert "Git could not read the repository" in refusal(f"{address}/elsewhere/x.git")
    assert [path.partition("?")[0] for path in asked] == ["/elsewhere/x.git/info/refs"]


def test_a_server_that_never_answers(served: tuple[str, list[str]]) -> None:
    address, _ = served
    began = time.monotonic()
    assert refusal(f"{address}/slow/x.git", seconds=0.5) == "The repository took longer than 0.5 s."
    assert time.monotonic() - began < 20


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], gits._Git]:
    """Git, but a script: a real one that is broken, or was made to lie."""

    def make(script: str) -> gits._Git:
        (tmp_path / "git").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return gits._Git(tmp_path, Limits(seconds=20))

    return make


def test_git_that_says_other_than_it_listed(pretended: Callable[[str], gits._Git]) -> None:
    with pytest.raises(ArchiveRefused, match=r"^lab\.md cannot be taken: git could not read it"):
        list(pretended("echo 'abc blob 9'; echo 1").contents([("lab.md", "abc", 1)]))


def test_git_that_ends_too_early(pretended: Callable[[str], gits._Git]) -> None:
    with pytest.raises(ArchiveRefused, match="ended before"):
        list(pretended("read id; echo 'abc blob 9'").contents([("lab.md", "abc", 9)]))


def test_git_that_lists_and_never_ends(pretended: Callable[[str], gits._Git]) -> None:
    slow = pretended("exec sleep 30")
    slow.until = time.monotonic() + 0.2
    with pytest.raises(ArchiveRefused, match="took longer than"):
        list(slow.records("ls-tree"))


@pytest.fixture
def hosted(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the repository at a host of Git repositories."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers["Content-Length"] or 0)
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(repository.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers["Git-Protocol"] or "",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers["Content-Type"] or "",
                "CONTENT_LENGTH": str(length),
                "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
            }
            asked = self.rfile.read(length)
            done = subprocess.run(
                ["git", "http-backend"], input=asked, env=environment, capture_output=True, timeout=30
            )
            self.wfile.write(b"HTTP/1.0 200 OK\r\n" + done.stdout)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(gits, "PROTOCOLS", ("http",))
        monkeypatch.setattr(gits, "_is_public", lambda _: True)
        here = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [here])
        yield f"http://repository.example:{server.server_port}/repository/.git"
        server.shutdown()


def test_a_repository_at_an_address(hosted: str, repository: Path) -> None:
    commit(repository, **{"lab.md": "# Old\n"})
    commit(repository, **{"lab.md": "# New\n", "img/a.svg": "<svg/>"})
    assert gits.read_git(hosted).files == {"img/a.svg": b"<svg/>", "lab.md": b"# New\n"}
    assert gits.read_git(hosted, ref="main", folder="img").files == {"a.svg": b"<svg/>"}


def test_a_repository_whose_pack_is_larger_than_what_is_taken(hosted: str, repository: Path) -> None:
    """The system stops git at twice that, whatever the server goes on to send."""
    commit(repository, **{"lab.md": os.urandom(400_000)})
    began = time.monotonic()
    assert "Git could not read the repository" in refusal(hosted, packed=64 * 1024)
    assert time.monotonic() - began < 60
