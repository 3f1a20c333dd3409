"""CSV kinds of charge groups and exceptions."""

from chargegroups.resources.exceptions import Exceptions
from chargegroups.resources.groups import ChargeGroups

__all__ = ["ChargeGroups", "Exceptions"]
