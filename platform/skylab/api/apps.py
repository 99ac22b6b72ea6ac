from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "skylab.api"
    label = "api"
