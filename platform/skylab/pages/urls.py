"""Addresses of the pages that belong to no app."""

from django.urls import path

from skylab.accounts.views import sign_in
from skylab.pages import bells, catalogue, staff, views

urlpatterns = [
    path("", views.home, name="home"),
    path("catalog/", catalogue.catalog, name="catalog"),
    path("progress/", views.progress, name="progress"),
    path("skills/", views.skills, name="skills"),
    path("certificates/", views.certificates, name="certificates"),
    path("notices/", bells.notices, name="notices"),
    path("notices/read/", bells.notices_read, name="notices_read"),
    path("help/", views.help_page, name="help"),
    path("instructor/", staff.instructor, name="instructor"),
    path("instructor/sessions/<uuid:session_id>/", staff.instructor_session, name="instructor_session"),
    path("operator/not-simulated/", staff.not_simulated, name="not_simulated"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/items/", views.item_specimens, name="item_specimens"),
    path("accounts/login/", sign_in, name="account_login"),
]
