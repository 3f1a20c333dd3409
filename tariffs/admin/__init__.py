"""Admin pages of tariffs."""

from tariffs.admin.tariffs import TariffAdmin

__all__ = ["TariffAdmin"]
