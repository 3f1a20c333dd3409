"""Roaming: partners (e-MSPs), their agreements and tokens, and OCPI towards them."""

from django.apps import AppConfig


class RoamingConfig(AppConfig):
    name = "roaming"
    verbose_name = "Roaming"

    def ready(self) -> None:
        from roaming import receivers  # noqa: F401
