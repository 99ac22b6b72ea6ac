"""Addresses of courses."""

from django.urls import path

from courses.views import course_map, reading, reference

urlpatterns = [
    path("", course_map.courses, name="courses"),
    path("<slug:course>/", course_map.course, name="course"),
    path("<slug:course>/enrol/", reading.enrol, name="enrol"),
    path("<slug:course>/items/<slug:item>/", reading.answer_item, name="answer_item"),
    path("<slug:course>/images/<str:name>", reference.course_image, name="course_image"),
    path("<slug:course>/sheets/<slug:sheet>/", reference.sheet, name="sheet"),
    path("<slug:course>/<slug:lesson>/", reading.lesson, name="lesson"),
    path("<slug:course>/<slug:lesson>/read/", reading.mark_read, name="mark_read"),
    path("<slug:course>/<slug:lesson>/place/", reading.keep_place, name="keep_place"),
]
