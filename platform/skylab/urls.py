"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from skylab import health

urlpatterns = [
    path("", include("skylab.pages.urls")),
    path("accounts/", include("allauth.urls")),
    path("courses/", include("courses.urls")),
    path("labs/", include("labs.urls")),
    path("operate/admin/", admin.site.urls),
    path("healthz", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
]
