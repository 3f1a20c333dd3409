"""On what terms may who charge?"""

from chargegroups.models.groups import ChargeGroup
from chargegroups.models.terms import CustomerException, Terms
from chargegroups.models.tariffs import Tariff, TariffElement, TariffOffer, TariffVersion

__all__ = ["ChargeGroup", "CustomerException", "Tariff", "TariffElement", "TariffOffer", "TariffVersion", "Terms"]
