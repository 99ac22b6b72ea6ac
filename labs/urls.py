"""Addresses of labs."""

from django.urls import path

from labs import history_views, views

urlpatterns = [
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("sessions/<uuid:session_id>/events/", views.session_events, name="session_events"),
    path("sessions/<uuid:session_id>/status/", views.session_status, name="session_status"),
    path("sessions/<uuid:session_id>/tasks/", views.session_tasks, name="session_tasks"),
    path("sessions/<uuid:session_id>/resources/", views.session_resources, name="session_resources"),
    path("sessions/<uuid:session_id>/bill/", views.session_bill, name="session_bill"),
    path("sessions/<uuid:session_id>/log/", views.session_log, name="session_log"),
    path("sessions/<uuid:session_id>/connect/", views.session_connect, name="session_connect"),
    path("sessions/<uuid:session_id>/check/", views.session_check, name="session_check"),
    path("sessions/<uuid:session_id>/hints/<str:task_id>/", views.session_hint, name="session_hint"),
    path("sessions/<uuid:session_id>/extend/", views.session_extend, name="session_extend"),
    path("sessions/<uuid:session_id>/reset/", views.session_reset, name="session_reset"),
    path("sessions/<uuid:session_id>/end/", views.session_end, name="session_end"),
    path("sessions/<uuid:session_id>/history/", history_views.session_history, name="session_history"),
    path("sessions/<uuid:session_id>/undo/", history_views.session_undo, name="session_undo"),
    path("sessions/<uuid:session_id>/checkpoints/", history_views.session_keep, name="session_keep"),
    path("sessions/<uuid:session_id>/back/", history_views.session_back, name="session_back"),
    path("sessions/<uuid:session_id>/changes/<int:moment>/", history_views.session_changes, name="session_changes"),
    path("<slug:slug>/", views.lab, name="lab"),
    path("<slug:slug>/start/", views.lab_start, name="lab_start"),
]
