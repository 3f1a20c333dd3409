"""Charge groups, their terms, their exceptions and how many of these there are."""

from chargegroups.models.counts import ExceptionCount
from chargegroups.models.groups import ChargeGroup
from chargegroups.models.terms import CustomerException, TariffUse, Terms

__all__ = ["ChargeGroup", "CustomerException", "ExceptionCount", "TariffUse", "Terms"]
