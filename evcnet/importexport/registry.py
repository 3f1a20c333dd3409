"""Which kinds of rows are there? Listed in the order in which an empty installation is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from evcnet.importexport.kinds import Kind

KINDS = {
    "providers": "customers.resources.Providers",
    "user_groups": "customers.resources.UserGroups",
    "customers": "customers.resources.Customers",
    "charge_cards": "customers.resources.ChargeCards",
    "tariffs": "tariffs.resources.Tariffs",
    "charge_groups": "chargegroups.resources.ChargeGroups",
    "exceptions": "chargegroups.resources.Exceptions",
    "locations": "chargepoints.resources.Locations",
    "charge_points": "chargepoints.resources.ChargePoints",
    "sessions": "chargepoints.resources.Sessions",
}


def kind_named(name: str) -> type[Kind]:
    kind: type[Kind] = import_string(KINDS[name])
    return kind
