"""Courses, their lessons, and how far one is."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from courses import selectors, services
from skylab.api import shapes
from skylab.api.views.base import endpoint, listed, person


class Courses(APIView):
    @endpoint("list_courses", shapes.CourseRow, many=True, tag="courses")
    def get(self, request: Request) -> Response:
        """The courses, and how far you are in each."""
        return listed(request, selectors.progress(request.user), lambda one: one.course.slug, shapes.CourseRow)


class Course(APIView):
    @endpoint("get_course", shapes.CourseMap, tag="courses")
    def get(self, request: Request, course: str) -> Response:
        """A course's modules and lessons, and what you have done of it."""
        found = selectors.course_progress(request.user, selectors.get_course(course))
        return Response(shapes.CourseMap(found).data)


class Enrolment(APIView):
    @endpoint("enrol", shapes.Enrolled, scope="learn", tag="courses")
    def post(self, request: Request, course: str) -> Response:
        """Join a course; once is enough."""
        row = services.enrol(user=person(request), course_slug=course, now=timezone.now())
        return Response(shapes.Enrolled(row).data)


class Lesson(APIView):
    @endpoint("get_lesson", shapes.LessonText, tag="courses")
    def get(self, request: Request, course: str, lesson: str) -> Response:
        """A lesson's text. Items stand in it by their id: they are answered on the lesson's page."""
        found = services.open_lesson(user=person(request), course_slug=course, lesson_slug=lesson, now=timezone.now())
        return Response(shapes.LessonText(found).data)


class LessonRead(APIView):
    @endpoint("mark_read", shapes.LessonReadAt, scope="learn", tag="courses")
    def post(self, request: Request, course: str, lesson: str) -> Response:
        """Note that you have read a lesson; the first time counts."""
        row = services.mark_read(user=person(request), course_slug=course, lesson_slug=lesson, now=timezone.now())
        return Response(shapes.LessonReadAt(row).data)
