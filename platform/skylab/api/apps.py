from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "skylab.api"
    label = "api"

    def ready(self) -> None:
        # Who listens to events must do so in every process: one that tells them to nobody has told them.
        from skylab.api import webhooks  # noqa: F401
