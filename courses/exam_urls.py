"""Addresses of exams: the pages, and the endpoints of an attempt."""

from django.urls import path

from courses.api import attempts as api
from courses.views import exams as pages

urlpatterns = [
    path("", pages.exam_list, name="exam_list"),
    path("<slug:slug>/", pages.exam, name="exam"),
    path("attempts/<uuid:attempt_id>/", pages.attempt, name="attempt"),
    path("attempts/<uuid:attempt_id>/places/<int:place>/", pages.attempt_place, name="attempt_place"),
    path("attempts/<uuid:attempt_id>/review/", pages.attempt_review, name="attempt_review"),
    path("attempts/<uuid:attempt_id>/leave/", pages.attempt_leave, name="attempt_leave"),
    path("attempts/<uuid:attempt_id>/finish/", pages.attempt_finish, name="attempt_finish"),
    path("attempts/<uuid:attempt_id>/receipt/", pages.attempt_receipt, name="attempt_receipt"),
    path("attempts/<uuid:attempt_id>/report/", pages.attempt_report, name="attempt_report"),
    path("<slug:slug>/start/", api.exam_start, name="exam_start"),
    path("attempts/<uuid:attempt_id>/pen/", api.pen, name="attempt_pen"),
    path("attempts/<uuid:attempt_id>/save/", api.save, name="attempt_save"),
    path("attempts/<uuid:attempt_id>/beat/", api.beat, name="attempt_beat"),
    path("attempts/<uuid:attempt_id>/section/", api.section, name="attempt_section"),
    path("attempts/<uuid:attempt_id>/submit/", api.submit, name="attempt_submit"),
]
