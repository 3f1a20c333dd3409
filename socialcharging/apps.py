"""Social charging: queues of charge points, holds, and the page on which drivers see theirs."""

from django.apps import AppConfig


class SocialChargingConfig(AppConfig):
    name = "socialcharging"
    verbose_name = "Social charging"

    def ready(self) -> None:
        from socialcharging import receivers  # noqa: F401 - models are loaded only now
