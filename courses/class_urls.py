"""Addresses of classes."""

from django.urls import path

from courses.views import class_acts, class_desk, class_live, class_looks, class_push, classes

urlpatterns = [
    path("", classes.classes, name="classes"),
    path("new/", class_desk.class_new, name="class_new"),
    path("join/", classes.class_join, name="class_join"),
    path("invitations/<str:token>/", classes.class_invitation, name="class_invitation"),
    path("messages/", class_acts.my_messages, name="my_messages"),
    path("messages/new/", class_acts.new_messages, name="new_messages"),
    path("messages/read/", class_acts.messages_read, name="messages_read"),
    path("<uuid:cohort_id>/", classes.my_class, name="my_class"),
    path("<uuid:cohort_id>/leave/", classes.class_leave, name="class_leave"),
    path("<uuid:cohort_id>/live/", class_live.class_live, name="class_live"),
    path("<uuid:cohort_id>/live/events/", class_live.class_live_events, name="class_live_events"),
    path("<uuid:cohort_id>/messages/", class_acts.class_messages, name="class_messages"),
    path("<uuid:cohort_id>/messages/send/", class_acts.class_send, name="class_send"),
    path("<uuid:cohort_id>/extend/", class_acts.class_extend, name="class_extend"),
    path("<uuid:cohort_id>/sessions/<uuid:session_id>/look/", class_looks.class_look, name="class_look"),
    path("<uuid:cohort_id>/sessions/<uuid:session_id>/steps/", class_looks.class_steps, name="class_steps"),
    path("<uuid:cohort_id>/push/<slug:slug>/", class_push.class_push, name="class_push"),
    path("<uuid:cohort_id>/people/", class_desk.class_people, name="class_people"),
    path("<uuid:cohort_id>/people/<int:user_id>/remove/", class_desk.class_remove, name="class_remove"),
    path("<uuid:cohort_id>/invitations/", class_desk.class_invite, name="class_invite"),
    path(
        "<uuid:cohort_id>/invitations/<int:invitation_id>/revoke/",
        class_desk.class_invitation_revoke,
        name="class_invitation_revoke",
    ),
    path("<uuid:cohort_id>/key/", class_desk.class_key, name="class_key"),
    path("<uuid:cohort_id>/settings/", class_desk.class_settings, name="class_settings"),
    path("<uuid:cohort_id>/archive/", class_desk.class_archive, name="class_archive"),
    path("<uuid:cohort_id>/instructors/", class_desk.class_instructors, name="class_instructors"),
    path("<uuid:cohort_id>/assignments/", class_desk.class_assignments, name="class_assignments"),
    path("<uuid:cohort_id>/assignments/<uuid:assignment_id>/", class_desk.class_assignment, name="class_assignment"),
    path(
        "<uuid:cohort_id>/assignments/<uuid:assignment_id>/remove/",
        class_desk.class_assignment_remove,
        name="class_assignment_remove",
    ),
    path(
        "<uuid:cohort_id>/assignments/<uuid:assignment_id>/override/",
        class_desk.class_override,
        name="class_override",
    ),
]
