"""Addresses of the Studio."""

from django.urls import path

from labs.studio import drafts, proofs, shelves, versions

urlpatterns = [
    path("", shelves.studio, name="studio"),
    path("new/", shelves.workspace_new, name="studio_new"),
    path("words/", drafts.words, name="studio_words"),
    path("workspaces/<int:workspace_id>/", shelves.workspace, name="studio_workspace"),
    path("workspaces/<int:workspace_id>/members/", shelves.member_add, name="studio_member_add"),
    path("workspaces/<int:workspace_id>/members/remove/", shelves.member_remove, name="studio_member_remove"),
    path("workspaces/<int:workspace_id>/begin/", shelves.begin, name="studio_begin"),
    path("workspaces/<int:workspace_id>/copy/", shelves.copy, name="studio_copy"),
    path("workspaces/<int:workspace_id>/import/", shelves.bring_in, name="studio_import"),
    path("labs/<slug:slug>/", drafts.draft, name="studio_draft"),
    path("labs/<slug:slug>/lint/", drafts.lint, name="studio_lint"),
    path("labs/<slug:slug>/preview/", drafts.preview, name="studio_preview"),
    path("labs/<slug:slug>/export/", drafts.export, name="studio_export"),
    path("labs/<slug:slug>/delete/", drafts.delete, name="studio_delete"),
    path("labs/<slug:slug>/test/", proofs.proof, name="studio_proof"),
    path("labs/<slug:slug>/test/begin/", proofs.begin, name="studio_prove"),
    path("labs/<slug:slug>/test/<uuid:proof_id>/state/", proofs.state, name="studio_proof_state"),
    path("labs/<slug:slug>/test/<uuid:proof_id>/events/", proofs.proof_events, name="studio_proof_events"),
    path("labs/<slug:slug>/test/<uuid:proof_id>/stop/", proofs.stop, name="studio_proof_stop"),
    path("labs/<slug:slug>/versions/", versions.versions, name="studio_versions"),
    path("labs/<slug:slug>/versions/publish/", versions.publish, name="studio_publish"),
    path("labs/<slug:slug>/versions/withdraw/", versions.withdraw, name="studio_withdraw"),
    path("labs/<slug:slug>/versions/<int:number>/", versions.version, name="studio_version"),
    path("labs/<slug:slug>/versions/<int:number>/again/", versions.again, name="studio_again"),
]
