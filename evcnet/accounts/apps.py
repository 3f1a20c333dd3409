"""Signing in as an app: connects what listens to sign-ins."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "evcnet.accounts"
    label = "accounts"
    verbose_name = "Signing in"

    def ready(self) -> None:
        from evcnet.accounts import audit, reauthentication, second_factor

        reauthentication.listen()
        second_factor.listen()
        audit.listen()
