"""Every address of the API."""

from django.urls import path, re_path

from skylab.api import reference
from skylab.api.views import exams, hooks, labs, learning, people

urlpatterns = [
    path("", reference.page, name="api_reference"),
    path("v1/schema/", reference.Schema.as_view(), name="api_schema"),
    path("v1/me/", people.Me.as_view(), name="api_me"),
    path("v1/tokens/", people.Tokens.as_view(), name="api_tokens"),
    path("v1/tokens/<int:token_id>/", people.OneToken.as_view(), name="api_token"),
    path("v1/users/", people.People.as_view(), name="api_users"),
    path("v1/users/<int:user_id>/", people.OnePerson.as_view(), name="api_user"),
    path("v1/courses/", learning.Courses.as_view(), name="api_courses"),
    path("v1/courses/<slug:course>/", learning.Course.as_view(), name="api_course"),
    path("v1/courses/<slug:course>/enrol/", learning.Enrolment.as_view(), name="api_enrol"),
    path("v1/courses/<slug:course>/lessons/<slug:lesson>/", learning.Lesson.as_view(), name="api_lesson"),
    path("v1/courses/<slug:course>/lessons/<slug:lesson>/read/", learning.LessonRead.as_view(), name="api_lesson_read"),
    path("v1/labs/", labs.Labs.as_view(), name="api_labs"),
    path("v1/labs/<slug:slug>/", labs.Lab.as_view(), name="api_lab"),
    path("v1/labs/<slug:slug>/start/", labs.Start.as_view(), name="api_lab_start"),
    path("v1/sessions/", labs.Sessions.as_view(), name="api_sessions"),
    path("v1/sessions/<uuid:session_id>/", labs.Session.as_view(), name="api_session"),
    path("v1/sessions/<uuid:session_id>/tasks/", labs.Tasks.as_view(), name="api_session_tasks"),
    path("v1/sessions/<uuid:session_id>/gradings/", labs.SessionGradings.as_view(), name="api_session_gradings"),
    path("v1/sessions/<uuid:session_id>/check/", labs.Check.as_view(), name="api_session_check"),
    path("v1/sessions/<uuid:session_id>/tasks/<slug:task_id>/hint/", labs.TakeHint.as_view(), name="api_session_hint"),
    path("v1/sessions/<uuid:session_id>/extend/", labs.Extend.as_view(), name="api_session_extend"),
    path("v1/sessions/<uuid:session_id>/pause/", labs.Pause.as_view(), name="api_session_pause"),
    path("v1/sessions/<uuid:session_id>/resume/", labs.Resume.as_view(), name="api_session_resume"),
    path("v1/sessions/<uuid:session_id>/reset/", labs.Reset.as_view(), name="api_session_reset"),
    path("v1/sessions/<uuid:session_id>/end/", labs.End.as_view(), name="api_session_end"),
    path("v1/gradings/<uuid:grading_id>/", labs.Grading.as_view(), name="api_grading"),
    path("v1/exams/", exams.Exams.as_view(), name="api_exams"),
    path("v1/exams/<slug:slug>/", exams.Exam.as_view(), name="api_exam"),
    path("v1/exams/<slug:slug>/items/", exams.Items.as_view(), name="api_exam_items"),
    path("v1/attempts/", exams.Attempts.as_view(), name="api_attempts"),
    path("v1/attempts/<uuid:attempt_id>/", exams.Attempt.as_view(), name="api_attempt"),
    path("v1/attempts/<uuid:attempt_id>/score/", exams.Score.as_view(), name="api_attempt_score"),
    path("v1/webhooks/", hooks.Webhooks.as_view(), name="api_webhooks"),
    path("v1/webhooks/<int:webhook_id>/", hooks.Webhook.as_view(), name="api_webhook"),
    path("v1/webhooks/<int:webhook_id>/secret/", hooks.Secret.as_view(), name="api_webhook_secret"),
    path("v1/webhooks/<int:webhook_id>/deliveries/", hooks.Deliveries.as_view(), name="api_webhook_deliveries"),
    path(
        "v1/webhooks/<int:webhook_id>/deliveries/<uuid:delivery_id>/replay/", hooks.Replay.as_view(), name="api_replay"
    ),
    path("v1/audit/", hooks.Audit.as_view(), name="api_audit"),
    re_path(r"^v1/.*$", reference.Unknown.as_view(), name="api_unknown"),
]
