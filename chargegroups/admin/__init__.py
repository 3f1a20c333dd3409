"""Admin pages of charge groups."""

from chargegroups.admin.charge_groups import ChargeGroupAdmin

__all__ = ["ChargeGroupAdmin"]
