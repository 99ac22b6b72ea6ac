"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from skylab import health

urlpatterns = [
    path("", include("skylab.pages.urls")),
    path("accounts/", include("allauth.urls")),
    path("settings/", include("skylab.accounts.urls")),
    path("settings/", include("skylab.api.page_urls")),
    path("search/", include("skylab.search.urls")),
    path("courses/", include("courses.urls")),
    path("glossary/", include("courses.glossary_urls")),
    path("exams/", include("courses.exam_urls")),
    path("exams/", include("courses.score_urls")),
    path("exams/", include("courses.statistics_urls")),
    path("", include("courses.badge_urls")),
    path("grades/", include("courses.gradebook.urls")),
    path("practice/", include("courses.practice_urls")),
    path("classes/", include("courses.class_urls")),
    path("labs/", include("labs.urls")),
    path("lti/", include("skylab.lti.urls")),
    path("api/", include("skylab.api.urls")),
    path("studio/", include("labs.studio.urls")),
    path("operate/admin/", admin.site.urls),
    path("healthz", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
]
