from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "skylab.accounts"
    label = "accounts"
