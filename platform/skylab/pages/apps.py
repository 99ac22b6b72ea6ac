from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "skylab.pages"
    label = "pages"
