"""Which columns do the files of tariffs, charge groups and exceptions have?"""

from chargegroups.resources.exceptions import Exceptions
from chargegroups.resources.groups import ChargeGroups
from chargegroups.resources.tariffs import Tariffs

__all__ = ["ChargeGroups", "Exceptions", "Tariffs"]
