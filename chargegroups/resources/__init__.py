"""CSV resources of charge groups and exceptions."""

from chargegroups.resources.exceptions import ExceptionResource
from chargegroups.resources.groups import ChargeGroupResource

__all__ = ["ChargeGroupResource", "ExceptionResource"]

RESOURCES = (ChargeGroupResource, ExceptionResource)
