"""The address of the glossary."""

from django.urls import path

from courses.views import reference

urlpatterns = [path("", reference.glossary, name="glossary")]
