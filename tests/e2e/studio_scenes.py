"""A workspace of the Studio with a lab that was published, changed since, and not proven as it is now."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from labs.models import ProofRun
from labs.workspaces import publishing, selectors, writing

SLUG = "studio-sample"


def make_studio(instructor: Any) -> dict[str, str]:
    """Write the rows; return what the Studio's addresses are made of."""
    now = timezone.now()
    shelf = writing.make_workspace(by=instructor, name="Autumn class", now=now)
    draft = writing.begin_draft(workspace=shelf, by=instructor, slug=SLUG, title="Keep every version", now=now)
    files = selectors.files_of(draft)
    about = {"workspace": shelf, "draft": draft, "asked_by": instructor, "asked_at": now, "finished_at": now}
    proof = ProofRun.objects.create(
        **about, files=files, revision=selectors.kind_of(draft).revision(files), state="proven"
    )
    publishing.publish(draft=draft, by=instructor, revision=proof.revision, now=now, note="The first")
    changed = {
        "lab.md": files["lab.md"].replace("Look at the bucket's properties.", "Look at its properties, once more.")
    }
    draft = writing.save_draft(draft=draft, by=instructor, files=changed, edits=draft.edits, now=now)
    findings = [
        {"file": "lab.md", "line": line, "promise": promise, "message": message, "ours": ours}
        for line, promise, message, ours in (
            (38, "solution", "seed 1: `aws s3api put-bucket-versionin` failed: Invalid choice", False),
            (42, "near miss", "seed 1: Versioning is on did not fail", False),
            (22, "untouched", "This could not be played.", True),
        )
    ]
    report = {"findings": findings, "scenarios": 14, "commands": 42, "seconds": 11.8, "mutants": 3, "kill_rate": 67}
    run = ProofRun.objects.create(**about, files=changed, revision="0" * 64, state="broken", report=report)
    return {"shelf": str(shelf.pk), "proof": str(run.pk)}
