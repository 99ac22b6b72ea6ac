"""Built files: found by their plain names, kept for good, and only the worker may compile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory, override_settings

from skylab.static import WORKER_POLICY, StaticFiles
from skylab.storage import CompressedHashedFiles, HashedFiles, built_name

WORKER = "worker-AB12CD34.js"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A tree with a built front end, and one script of our own."""
    dist = tmp_path / "static" / "dist"
    (dist / "packs-0123456789" / "services").mkdir(parents=True)
    (dist / WORKER).write_text("// worker")
    (dist / "packs-0123456789" / "services" / "s3.bin").write_bytes(b"s3")
    (dist / "manifest.json").write_text(json.dumps({"worker.js": WORKER}))
    (tmp_path / "static" / "plain.js").write_text("// plain")
    return tmp_path


def test_a_built_file_is_found_by_its_plain_name(built: Path) -> None:
    with override_settings(BASE_DIR=built):
        assert static("dist/worker.js") == f"/static/dist/{WORKER}"
        assert built_name("dist/packs-0123456789/services/s3.bin") == "dist/packs-0123456789/services/s3.bin"


def test_without_a_build_pages_still_come(tmp_path: Path) -> None:
    with override_settings(BASE_DIR=tmp_path):
        assert static("dist/terminal.js") == "/static/dist/terminal.js"


@pytest.mark.parametrize("kind", [HashedFiles, CompressedHashedFiles])
def test_what_has_its_hash_is_not_hashed_again(
    built: Path, tmp_path_factory: pytest.TempPathFactory, kind: type
) -> None:
    root = tmp_path_factory.mktemp("root")
    with override_settings(BASE_DIR=built, STATIC_ROOT=root):
        storage = kind(location=str(root), base_url="/static/")
        paths = {}
        for file in (built / "static").rglob("*"):
            if file.is_file():
                name = file.relative_to(built / "static").as_posix()
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(file.read_bytes())
                paths[name] = (storage, name)
        processed = {result[0] for result in storage.post_process(paths)}
        assert processed == {"plain.js"}
        assert storage.url("dist/worker.js") == f"/static/dist/{WORKER}"


def test_the_worker_alone_may_compile_and_built_files_stay(built: Path) -> None:
    with override_settings(STATIC_ROOT=built / "static", WHITENOISE_AUTOREFRESH=False):
        site = StaticFiles(lambda request: HttpResponse(status=404))
        heads = {
            name: site(RequestFactory().head(f"/static/{name}")).headers
            for name in (f"dist/{WORKER}", "dist/packs-0123456789/services/s3.bin", "plain.js", "dist/manifest.json")
        }
    worker, pack, plain, manifest = heads.values()
    assert worker["Content-Security-Policy"] == WORKER_POLICY
    assert "'wasm-unsafe-eval'" in WORKER_POLICY and "unsafe-inline" not in WORKER_POLICY
    assert all("Content-Security-Policy" not in each for each in (pack, plain, manifest))
    assert all("immutable" in each["Cache-Control"] for each in (worker, pack))
    assert all("immutable" not in each.get("Cache-Control", "") for each in (plain, manifest))
