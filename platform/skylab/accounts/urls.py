"""Addresses of settings, and of what people do with their account as a whole."""

from django.urls import path

from skylab.accounts import views

urlpatterns = [
    path("", views.preferences, name="settings"),
    path("notices/", views.notice_preferences, name="notice_preferences"),
    path("theme/", views.theme, name="settings_theme"),
    path("my-data.json", views.export, name="export_data"),
    path("delete/", views.delete_account, name="delete_account"),
    path("keep/", views.keep_account, name="keep_account"),
]
