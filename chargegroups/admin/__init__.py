"""The pages of charge groups and tariffs."""

from chargegroups.admin.groups import ChargeGroupAdmin
from chargegroups.admin.tariffs import TariffAdmin

__all__ = ["ChargeGroupAdmin", "TariffAdmin"]
