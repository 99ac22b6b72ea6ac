"""`manage.py lab preview`: what its page shows, to whom it answers, and that it hears of changes."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labs.authoring import skeleton
from labs.authoring.server import PreviewServer

Get = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return skeleton.write("keep-the-invoices", into=tmp_path)


@pytest.fixture
def server(folder: Path) -> Iterator[PreviewServer]:
    with PreviewServer(folder, watch=True) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.shutdown()


@pytest.fixture
def get(server: PreviewServer) -> Get:
    def ask(path: str = "/", *, host: str | None = "", method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
        connection.putrequest(method, path, skip_host=True)
        if host is not None:
            connection.putheader("Host", host or f"127.0.0.1:{server.server_port}")
        connection.endheaders()
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        return answer.status, said

    return ask


def write(folder: Path, old: str, new: str) -> None:
    text = (folder / "lab.md").read_text()
    assert old in text
    (folder / "lab.md").write_text(text.replace(old, new, 1))


def test_the_learners_page_has_the_guide_and_no_secret(get: Get) -> None:
    status, page = get("/")
    assert status == 200
    assert "<h1>Keep the invoices</h1>" in page
    assert "Whatever is written over an object of <code>acme-" in page  # drawn, as a session would
    assert "{{" not in page
    assert "Versioning is on" in page  # the check's row
    for secret in ("Status=Enabled", "Status=Suspended", "A nudge", "near-miss", "bucket_blocks_public_access"):
        assert secret not in page


def test_the_authors_page_has_it_all_folded(get: Get) -> None:
    _, page = get("/author")
    for secret in ("Status=Enabled", "Status=Suspended", "A nudge", "s3.bucket_blocks_public_access", "from a file"):
        assert secret in page
    assert page.count('<details class="author-part"') == 10
    assert '<details class="author-part" open' not in page


def test_another_learners_names(folder: Path) -> None:
    from labs.authoring.preview import Preview

    assert Preview(folder, "1").page("learner") == Preview(folder, "1").page("learner")
    assert Preview(folder, "1").page("learner") != Preview(folder, "2").page("learner")


def test_a_broken_file_is_shown_with_its_lines_and_the_lab_as_it_was(get: Get, folder: Path) -> None:
    get("/")
    write(folder, "~~~expect", "~~~expct")
    status, page = get("/")
    assert status == 200
    assert "expct is not a kind of block" in page
    assert "did you mean expect?" in page
    assert 'class="wrong"' in page
    assert "Below it stands as it was before" in page
    assert "<h1>Keep the invoices</h1>" in page
    _, source = get("/source")
    line = next(n for n, text in enumerate((folder / "lab.md").read_text().splitlines(), 1) if "~~~expct" in text)
    assert f'<code id="L{line}" class="wrong">' in source
    assert f'href="/source#L{line}"' in page
    write(folder, "~~~expct", "~~~expect")
    assert "findings-title" not in get("/")[1]


@pytest.mark.parametrize("text", ["", "---\n", "\x00", "---\ntitle: [\n---\n# <script>alert(1)</script>\n", "no front"])
def test_what_cannot_be_read_at_all_is_no_failure(get: Get, folder: Path, text: str) -> None:
    (folder / "lab.md").write_text(text)
    for view in ("/", "/author", "/source"):
        status, page = get(view)
        assert status == 200
        assert "findings-title" in page
        assert "<script>alert" not in page


def test_a_file_that_has_gone(get: Get, folder: Path) -> None:
    (folder / "lab.md").unlink()
    status, page = get("/source")
    assert status == 200
    assert "cannot be read: No such file or directory" in page


def test_a_link_leads_nowhere(get: Get, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    (folder / "lab.md").unlink()
    (folder / "lab.md").symlink_to(tmp_path / "secret")
    _, page = get("/source")
    assert "is not a plain file" in page
    assert "hunter2" not in page


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "evil.example:{port}", "127.0.0.1.evil.example:{port}", None]
)
def test_a_page_of_the_internet_whose_name_leads_here_is_refused(
    get: Get, server: PreviewServer, host: str | None
) -> None:
    for path in ("/", "/author", "/events", "/static/css/base.css"):
        status, said = get(path, host=host and host.format(port=server.server_port))
        assert status == 403
        assert "invoices" not in said


def test_loopback_alone(server: PreviewServer, get: Get) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert get("/", host=f"LocalHost:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static//etc/passwd",
        "/static/css",
        "/lab.md",
        "/static/%00",
    ],
)
def test_nothing_else_of_this_machine_is_served(get: Get, path: str) -> None:
    assert get(path)[0] == 404


def test_nothing_can_be_sent(get: Get) -> None:
    assert get("/", method="POST")[0] == 501


def test_a_pages_parts_are_served_and_nothing_from_elsewhere_is_allowed(server: PreviewServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    for path, kind in (("/static/css/preview.css", "text/css"), ("/static/js/lab-preview.js", "javascript")):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read() != b"") == (200, True)
        assert kind in str(answer.headers["Content-Type"])
    assert "default-src 'none'" in str(answer.headers["Content-Security-Policy"])
    connection.close()


def test_a_change_is_told_to_the_page(server: PreviewServer, folder: Path, get: Get) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    first = answer.readline().decode().removeprefix("data: ").strip()
    assert f'data-version="{first}"' in get("/")[1]
    answer.readline()
    write(folder, "Acme keeps", "Acme kept")
    second = answer.readline().decode().removeprefix("data: ").strip()
    assert second != first
    assert f'data-version="{second}"' in get("/")[1]
    connection.close()


def test_without_watching_a_page_asks_for_nothing(folder: Path) -> None:
    with PreviewServer(folder) as made:
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", made.server_port, timeout=20)
        connection.request("GET", "/")
        assert b"lab-preview.js" not in connection.getresponse().read()
        connection.request("GET", "/events")
        assert connection.getresponse().status == 404
        made.shutdown()
        connection.close()
