"""On what terms may who charge?"""

from chargegroups.models.changes import Change
from chargegroups.models.groups import ChargeGroup
from chargegroups.models.tariffs import Tariff, TariffElement, TariffOffer, TariffVersion
from chargegroups.models.terms import CustomerException, Terms

__all__ = [
    "Change",
    "ChargeGroup",
    "CustomerException",
    "Tariff",
    "TariffElement",
    "TariffOffer",
    "TariffVersion",
    "Terms",
]
