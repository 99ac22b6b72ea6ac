"""Addresses of courses."""

from django.urls import path

from courses.views import reading

urlpatterns = [
    path("<slug:course>/", reading.course, name="course"),
    path("<slug:course>/enrol/", reading.enrol, name="enrol"),
    path("<slug:course>/items/<slug:item>/", reading.answer_item, name="answer_item"),
    path("<slug:course>/<slug:lesson>/", reading.lesson, name="lesson"),
    path("<slug:course>/<slug:lesson>/read/", reading.mark_read, name="mark_read"),
]
