from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "skylab.search"
    label = "search"
