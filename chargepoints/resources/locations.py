"""CSV resource of locations."""

from __future__ import annotations

from typing import ClassVar

from chargepoints.models import Location
from customers.models import UserGroup
from evcnet.errors import DomainError
from evcnet.importexport.declaration import Values
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.rows import Row
from evcnet.importexport.summary import ValueChanges, switched
from evcnet.importexport.widgets import BooleanWidget, CodeWidget, CountryWidget, DecimalWidget, ReferenceWidget


class LocationResource(BulkResource):
    columns_are_stored: ClassVar = True
    stages_rows = updates_in_bulk = True
    summed_up: ClassVar = ("published",)
    guard_columns: ClassVar = {"social_charging": "country"}

    code = Field(CodeWidget(), required=True)
    name = Field(required=True)
    address = Field()
    postal_code = Field()
    city = Field()
    country = Field(CountryWidget(), required=True)
    latitude = Field(DecimalWidget(decimals=7, least=-90, most=90, rounded=True, unit="degrees"))
    longitude = Field(DecimalWidget(decimals=7, least=-180, most=180, rounded=True, unit="degrees"))
    time_zone = Field(CodeWidget(), default=None, stays=True, needed="else the provider’s")
    published = Field(BooleanWidget())
    user_group = Field(ReferenceWidget(UserGroup), needed="whose own it is; empty: the provider’s")

    class Meta:
        model, name, import_id_fields = Location, "locations", ("code",)

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        if new_values["time_zone"] is None and row.provider is not None:
            new_values["time_zone"] = row.provider.time_zone
        if new_values["user_group"] is None:
            new_values["user_group"] = self.scope.own_user_group(Location)
        if new_values["published"] != (old_values or {}).get("published", False) and not self.scope.may(
            Location, "publish"
        ):
            raise DomainError("Your role publishes no locations: leave it as it is, and ask the provider.", "published")

    def summary(self, changes: ValueChanges) -> list[str]:
        return switched(Location, "published", changes, ("published from now on", "no longer published"))
