"""Addresses of what comes after an exam, below /exams/: what a candidate takes away, and regrading."""

from django.urls import path

from courses.views import regrades, scores

urlpatterns = [
    path("attempts/<uuid:attempt_id>/certificate.pdf", scores.certificate, name="attempt_certificate"),
    path("attempts/<uuid:attempt_id>/badge.jwt", scores.badge, name="attempt_badge"),
    path("attempts/<uuid:attempt_id>/name/", scores.credential_name, name="credential_name"),
    path("notices/<int:notice_id>/seen/", scores.notice_seen, name="notice_seen"),
    path("<slug:slug>/regrade/", regrades.regrade, name="regrade"),
    path("<slug:slug>/regrade/done/<int:regrade_id>/", regrades.regrade_done, name="regrade_done"),
    path("<slug:slug>/regrade/<str:revision>/", regrades.regrade_item, name="regrade_item"),
    path("<slug:slug>/regrade/<str:revision>/effect/", regrades.regrade_preview, name="regrade_preview"),
    path("<slug:slug>/regrade/<str:revision>/apply/", regrades.regrade_apply, name="regrade_apply"),
]
