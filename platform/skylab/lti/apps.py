from django.apps import AppConfig


class LtiConfig(AppConfig):
    name = "skylab.lti"
    label = "lti"
    verbose_name = "LTI"
