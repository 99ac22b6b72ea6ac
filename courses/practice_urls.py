"""Addresses of practice."""

from django.urls import path

from courses.views import practice

urlpatterns = [
    path("", practice.overview, name="practice"),
    path("drill/", practice.start, name="drill_start"),
    path("drill/<uuid:drill_id>/", practice.drill, name="drill"),
    path("drill/<uuid:drill_id>/items/<slug:item>/", practice.drill_item, name="drill_item"),
]
