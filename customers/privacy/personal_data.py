"""Which rows are held about one customer, as far as a login sees them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint, Location, Session
from customers.models import ChargeCard, Customer, Notice
from evcnet.history import event_model


@dataclass(frozen=True)
class Held:
    """Each part is a queryset of what ``login`` sees; without a login, of everything."""

    customer: Customer
    login: Any = None

    def _seen(self, model: Any) -> Any:
        rows = model.objects.all() if self.login is None else model.objects.visible_to(self.login)
        return rows.filter(provider_id=self.customer.provider_id)

    @property
    def cards(self) -> Any:
        return self._seen(ChargeCard).filter(customer=self.customer)

    @property
    def exceptions(self) -> Any:
        return self._seen(CustomerException).filter(customer=self.customer)

    @property
    def points(self) -> Any:
        return self._seen(ChargePoint).filter(owner=self.customer)

    @property
    def home_points(self) -> Any:
        return self.points.filter(charge_group__type=ChargeGroup.Type.HOME)

    @property
    def homes(self) -> Any:
        """Locations at which nothing stands but home chargers of this customer: their address is the person's."""
        others = ChargePoint.objects.exclude(location=None).exclude(pk__in=self.home_points.values("pk"))
        own = Location.objects.filter(pk__in=self.home_points.exclude(location=None).values("location"))
        return own.exclude(pk__in=others.values("location"))

    @property
    def sessions(self) -> Any:
        return self._seen(Session).filter(customer=self.customer)

    @property
    def notices(self) -> Any:
        return self._seen(Notice).filter(customer=self.customer)

    @property
    def history(self) -> list[tuple[Any, Any]]:
        """Models with the ids of the rows whose past names the customer, those of removed rows included."""
        of_cards = event_model(ChargeCard)._base_manager.filter(customer_id=self.customer.pk)  # type: ignore[union-attr]
        exceptions = event_model(CustomerException)._base_manager.filter(  # type: ignore[union-attr]
            customer_id=self.customer.pk, charge_group_id__in=self._seen(ChargeGroup).values("pk")
        )
        return [
            (Customer, [self.customer.pk]),
            (ChargeCard, self.cards.filter(pk__in=of_cards.values("pgh_obj")).values("pk")),
            (CustomerException, exceptions.values("pgh_obj")),
        ]
