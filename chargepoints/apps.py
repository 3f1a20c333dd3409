"""Charge points, their locations and their sessions."""

from django.apps import AppConfig


class ChargePointsConfig(AppConfig):
    name = "chargepoints"
    verbose_name = "Charge points"

    def ready(self) -> None:
        from chargepoints import receivers  # noqa: F401 - models are loaded only now
