"""Addresses of courses."""

from django.urls import path

from courses import views

urlpatterns = [
    path("<slug:course>/", views.course, name="course"),
    path("<slug:course>/enrol/", views.enrol, name="enrol"),
    path("<slug:course>/items/<slug:item>/", views.answer_item, name="answer_item"),
    path("<slug:course>/<slug:lesson>/", views.lesson, name="lesson"),
    path("<slug:course>/<slug:lesson>/read/", views.mark_read, name="mark_read"),
]
