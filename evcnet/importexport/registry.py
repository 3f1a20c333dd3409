"""The kinds of rows that files hold, in the order in which an empty installation is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from evcnet.importexport.resource import BulkResource

RESOURCES = {
    "providers": "customers.resources.ProviderResource",
    "user_groups": "customers.resources.UserGroupResource",
    "customers": "customers.resources.CustomerResource",
    "charge_cards": "customers.resources.ChargeCardResource",
    "tariffs": "tariffs.resources.TariffResource",
    "charge_groups": "chargegroups.resources.ChargeGroupResource",
    "exceptions": "chargegroups.resources.ExceptionResource",
    "locations": "chargepoints.resources.LocationResource",
    "charge_points": "chargepoints.resources.ChargePointResource",
    "sessions": "chargepoints.resources.SessionResource",
}
EXPORTS = RESOURCES | {"decisions": "chargepoints.resources.DecisionResource"}
"""With those that are exported alone."""


def resource_named(kind: str) -> type[BulkResource]:
    """Raises KeyError for a kind that there is none of."""
    resource: type[BulkResource] = import_string(EXPORTS[kind])
    return resource
