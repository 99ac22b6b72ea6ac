from importlib import import_module

from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "labs"

    def ready(self) -> None:
        import_module("labs.checks")  # registers them; it needs the settings, so not before
