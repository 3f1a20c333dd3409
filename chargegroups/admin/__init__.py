"""The pages of charge groups and tariffs."""

from chargegroups.admin.changing.record import ChangeAdmin
from chargegroups.admin.groups import ChargeGroupAdmin
from chargegroups.admin.tariffs import TariffAdmin

__all__ = ["ChangeAdmin", "ChargeGroupAdmin", "TariffAdmin"]
