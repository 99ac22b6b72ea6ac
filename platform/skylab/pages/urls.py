"""Addresses of the pages that belong to no app."""

from django.urls import path

from skylab.accounts.views import sign_in
from skylab.pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("catalog/", views.catalog, name="catalog"),
    path("progress/", views.progress, name="progress"),
    path("instructor/", views.instructor, name="instructor"),
    path("instructor/sessions/<uuid:session_id>/", views.instructor_session, name="instructor_session"),
    path("operator/not-simulated/", views.not_simulated, name="not_simulated"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/items/", views.item_specimens, name="item_specimens"),
    path("accounts/login/", sign_in, name="account_login"),
]
