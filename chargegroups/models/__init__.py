"""Charge groups, their terms and their exceptions."""

from chargegroups.models.groups import ChargeGroup
from chargegroups.models.terms import CustomerException, Terms

__all__ = ["ChargeGroup", "CustomerException", "Terms"]
