"""Addresses of an exam's statistics, below /exams/."""

from django.urls import path, re_path

from courses.views import statistics

urlpatterns = [
    path("<slug:slug>/statistics/", statistics.statistics, name="exam_statistics"),
    re_path(
        r"^(?P<slug>[-\w]+)/statistics/(?P<shape>wide|long)\.csv$",
        statistics.statistics_csv,
        name="exam_statistics_csv",
    ),
    path("<slug:slug>/statistics/<slug:item_id>/", statistics.statistics_item, name="exam_statistics_item"),
]
