from django.apps import AppConfig


class GradebookConfig(AppConfig):
    name = "courses.gradebook"
    label = "gradebook"
