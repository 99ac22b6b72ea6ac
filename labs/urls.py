"""Addresses of labs."""

from django.urls import path

from labs.views import acts, history, pages, parts

urlpatterns = [
    path("sessions/<uuid:session_id>/", pages.session, name="session"),
    path("sessions/<uuid:session_id>/events/", parts.session_events, name="session_events"),
    path("sessions/<uuid:session_id>/status/", parts.session_status, name="session_status"),
    path("sessions/<uuid:session_id>/tasks/", parts.session_tasks, name="session_tasks"),
    path("sessions/<uuid:session_id>/resources/", parts.session_resources, name="session_resources"),
    path("sessions/<uuid:session_id>/bill/", parts.session_bill, name="session_bill"),
    path("sessions/<uuid:session_id>/log/", parts.session_log, name="session_log"),
    path("sessions/<uuid:session_id>/connect/", parts.session_connect, name="session_connect"),
    path("sessions/<uuid:session_id>/check/", acts.session_check, name="session_check"),
    path("sessions/<uuid:session_id>/hints/<str:task_id>/", acts.session_hint, name="session_hint"),
    path("sessions/<uuid:session_id>/extend/", acts.session_extend, name="session_extend"),
    path("sessions/<uuid:session_id>/reset/", acts.session_reset, name="session_reset"),
    path("sessions/<uuid:session_id>/end/", acts.session_end, name="session_end"),
    path("sessions/<uuid:session_id>/history/", history.session_history, name="session_history"),
    path("sessions/<uuid:session_id>/undo/", history.session_undo, name="session_undo"),
    path("sessions/<uuid:session_id>/checkpoints/", history.session_keep, name="session_keep"),
    path("sessions/<uuid:session_id>/back/", history.session_back, name="session_back"),
    path("sessions/<uuid:session_id>/changes/<int:moment>/", history.session_changes, name="session_changes"),
    path("<slug:slug>/", pages.lab, name="lab"),
    path("<slug:slug>/start/", pages.lab_start, name="lab_start"),
]
