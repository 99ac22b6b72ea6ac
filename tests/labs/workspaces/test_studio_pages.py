"""The Studio's pages: who gets which, and what an author may do there. A stranger gets 404 everywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from labs.models import Draft, ProofRun, Version, Workspace
from labs.studio.urls import urlpatterns
from labs.workspaces import publishing, selectors
from tests.labs.workspaces.conftest import NOW


@pytest.fixture
def filled(draft: Draft, ada: Any, proven: Callable[[Draft], ProofRun]) -> dict[str, Any]:
    """What stands for the arguments of the addresses: a draft with a proof and a version."""
    run = proven(draft)
    publishing.publish(draft=draft, by=ada, revision=run.revision, now=NOW)
    return {"workspace_id": draft.workspace_id, "slug": draft.slug, "proof_id": run.pk, "number": 1}


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


READ = [
    "words",
    "workspace",
    "draft",
    "preview",
    "export",
    "proof",
    "proof_state",
    "proof_events",
    "versions",
    "version",
]
PAGES = {"studio", *(f"studio_{name}" for name in READ)}
OF_ALL = {"studio", "studio_new", "studio_words"}  # who teaches may; the others are of a workspace


@pytest.mark.parametrize("one", urlpatterns, ids=lambda one: one.name)
def test_who_may_open_what(one: Any, filled: dict[str, Any], ada: Any, bob: Any, olga: Any) -> None:
    stranger = type(ada).objects.create_user("ines", "ines@example.com", "x", role="instructor")
    url = reverse(one.name, kwargs={name: filled[name] for name in one.pattern.converters})
    method = "get" if one.name in PAGES else "post"
    told = {who.username: getattr(signed_in(who), method)(url).status_code for who in (bob, stranger)}
    assert told["bob"] == 404
    assert told["ines"] == (404 if one.name not in OF_ALL else 422 if one.name == "studio_new" else 200)
    signed_out = getattr(Client(), method)(url)
    assert signed_out.status_code == 302 and "/accounts/login/" in signed_out.url
    if one.name == "studio_proof_events":
        return  # a stream without an end
    if method == "get":
        assert [signed_in(who).get(url).status_code for who in (ada, olga)] == [200, 200]
    else:
        assert signed_in(ada).get(url).status_code == 405


def test_a_learner_is_told_of_no_studio(client: Client, bob: Any, ada: Any) -> None:
    assert b"/studio/" not in signed_in(bob).get("/").content
    assert b"/studio/" in signed_in(ada).get("/").content


def test_from_a_workspace_to_a_published_lab(ada: Any, proven: Callable[[Draft], ProofRun]) -> None:
    client = signed_in(ada)
    shelf = client.post(reverse("studio_new"), {"name": "Mine"}).url
    begun = client.post(f"{shelf}begin/", {"title": "A lab", "slug": "a-lab"})
    assert begun.url == reverse("studio_draft", args=["a-lab"])
    page = client.get(begun.url).content.decode()
    assert "Nothing is wrong with it." in page
    assert ">\n</textarea>" in page  # there is no checks.py yet
    text = Draft.objects.get().files.get().text.replace("level: guided", "level: gided")
    assert client.post(begun.url, {"lab.md": text, "edits": 1}).status_code == 302
    page = client.get(begun.url).content.decode()
    assert "lab.md, line 4" in page and "labs.E005" in page and "did you mean guided?" in page
    refused = client.post(reverse("studio_prove", args=["a-lab"]))
    assert refused.status_code == 409 and "It has a mistake, so it cannot be proven" in refused.content.decode()
    client.post(begun.url, {"lab.md": text.replace("gided", "guided"), "edits": 2})
    asked = client.post(reverse("studio_prove", args=["a-lab"]))
    assert "Waiting for its turn" in client.get(asked.url).content.decode()
    client.post(reverse("studio_proof_stop", args=["a-lab", ProofRun.objects.get().pk]))
    assert "Stopped" in client.get(asked.url).content.decode()
    run = proven(Draft.objects.get())
    client.post(reverse("studio_publish", args=["a-lab"]), {"revision": run.revision, "note": "The first"})
    assert "Version 1" in client.get(reverse("studio_versions", args=["a-lab"])).content.decode()
    assert client.get(reverse("lab", args=["a-lab"])).status_code == 200


def test_what_was_written_is_not_lost_where_it_cannot_be_kept(draft: Draft, ada: Any) -> None:
    answer = signed_in(ada).post(reverse("studio_draft", args=[draft.slug]), {"lab.md": "what I wrote", "edits": 99})
    assert answer.status_code == 409
    assert "ada has saved this draft since you opened it" in answer.content.decode()
    assert "what I wrote" in answer.content.decode()


def test_lint_says_what_the_catalog_would(draft: Draft, ada: Any) -> None:
    text = selectors.files_of(draft)["lab.md"].replace("s3.get_bucket_versioning", "s3.get_bucket_versionin")
    answer = signed_in(ada).post(reverse("studio_lint", args=[draft.slug]), {"lab.md": text.replace("\n", "\r\n")})
    (found, *_) = answer.json()["findings"]
    files = {"lab.md": text}
    (problem, *_) = selectors.findings_of(draft, files)
    assert [found[name] for name in ("line", "id", "message", "hint")] == [
        *(problem.line, problem.id, problem.message, problem.hint)
    ]
    assert Draft.objects.get(pk=draft.pk).edits == 1  # nothing is kept
    too_large = signed_in(ada).post(reverse("studio_lint", args=[draft.slug]), {"lab.md": "x" * 270_000})
    assert too_large.status_code == 422


def test_the_preview_is_drawn_for_a_seed_and_shows_no_secret(draft: Draft, ada: Any) -> None:
    def look(seed: str) -> str:
        page = signed_in(ada).get(reverse("studio_preview", args=[draft.slug]), {"seed": seed}).content.decode()
        return page.partition("<article")[2].partition("</article>")[0]

    assert look("1") == look("1") != look("2")
    assert "{{ bucket }}" not in look("1") and "acme-" in look("1")
    assert "put-bucket-versioning" not in look("1")  # the solution


def test_what_an_author_wrote_is_sanitised_in_the_preview(
    draft: Draft, ada: Any, rewrite: Callable[..., Draft]
) -> None:
    evil = (
        '<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) <svg onload="alert(1)"></svg>'
    )
    rewrite(draft, "Tell the story here.", evil)
    page = signed_in(ada).get(reverse("studio_preview", args=[draft.slug])).content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and 'href="javascript:' not in page
    assert "<svg onload" not in page


def test_text_that_would_close_its_field_does_not(draft: Draft, ada: Any, rewrite: Callable[..., Draft]) -> None:
    rewrite(draft, "Tell the story here.", "</textarea><script>alert(1)</script>")
    assert "<script>alert" not in signed_in(ada).get(reverse("studio_draft", args=[draft.slug])).content.decode()


def test_versions_are_compared_by_lines_and_words(filled: dict[str, Any], draft: Draft, ada: Any, rewrite: Any) -> None:
    rewrite(draft, "Look at the bucket's properties.", "Look at the bucket's <b>settings</b>.")
    page = signed_in(ada).get(reverse("studio_version", args=[draft.slug, 1])).content.decode()
    assert "<del>properties</del>" in page
    assert "settings" in page and "<b>settings" not in page
    assert "Look at the bucket" in page


def test_going_back_in_the_page(filled: dict[str, Any], draft: Draft, ada: Any, proven: Any, rewrite: Any) -> None:
    run = proven(rewrite(draft, "points=5", "points=9"))
    publishing.publish(draft=draft, by=ada, revision=run.revision, now=NOW)
    signed_in(ada).post(reverse("studio_again", args=[draft.slug, 1]))
    assert list(Version.objects.order_by("number").values_list("number", "again")) == [(1, None), (2, None), (3, 1)]


def zipped(**files: str) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return SimpleUploadedFile("lab.zip", buffer.getvalue())


def test_out_as_a_zip_and_in_again(draft: Draft, shelf: Workspace, ada: Any) -> None:
    client = signed_in(ada)
    out = client.get(reverse("studio_export", args=[draft.slug]))
    assert out["Content-Disposition"] == 'attachment; filename="keep-versions.zip"'
    url = reverse("studio_import", args=[shelf.pk])
    taken = client.post(url, {"file": SimpleUploadedFile("x.zip", out.content)})
    assert taken.status_code == 409 and "There is a lab named keep-versions" in taken.content.decode()
    client.post(url, {"file": SimpleUploadedFile("x.zip", out.content), "slug": "kept"})
    assert selectors.files_of(Draft.objects.get(slug="kept")) == selectors.files_of(draft)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (SimpleUploadedFile("x.zip", b"no zip"), "no zip file"),
        (zipped(lab_md="x", evil_sh="rm"), "evil.sh is no file of a lab"),
        (zipped(x__checks_py="x"), "lab.md is missing"),
        (None, "Choose a zip file first"),
    ],
)
def test_what_is_no_lab_is_not_brought_in(shelf: Workspace, ada: Any, file: Any, says: str) -> None:
    given = {"slug": "brought"} | ({"file": file} if file else {})
    answer = signed_in(ada).post(reverse("studio_import", args=[shelf.pk]), given)
    assert answer.status_code in (400, 422) and says in answer.content.decode()
    assert not Draft.objects.exists()
