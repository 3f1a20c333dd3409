"""Charge groups, their terms and their exceptions."""

from chargegroups.models.groups import ChargeGroup
from chargegroups.models.terms import CustomerException, TariffUse, Terms

__all__ = ["ChargeGroup", "CustomerException", "TariffUse", "Terms"]
