"""Roaming: partners (e-MSPs), their agreements and tokens, and OCPI towards them."""

from django.apps import AppConfig


class RoamingConfig(AppConfig):
    name = "roaming"
    verbose_name = "Roaming"

    def ready(self) -> None:
        from chargegroups.tariff_usage import FURTHER_USES
        from roaming import receivers  # noqa: F401
        from roaming.agreement_tariffs import agreement_tariffs

        FURTHER_USES.append(agreement_tariffs)
