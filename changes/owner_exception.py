"""Owner exception: the one that lets the owner of a charge point charge there free of charge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from changes.proposals import ExceptionChanges, ProposedException
from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint
from customers.models import StaffMember
from evcnet.errors import DomainError
from tariffs.current_price import current_prices
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.writes import add_version

OFFERED = 50
"""So many free tariffs are offered at most."""


def owner_exception(point: ChargePoint) -> CustomerException | None:
    """What the charge group says of the owner alone."""
    if point.owner_id is None or point.charge_group_id is None:
        return None
    rows = CustomerException.objects.filter(charge_group_id=point.charge_group_id, customer_id=point.owner_id)
    exception: CustomerException | None = rows.select_related("tariff").first()
    return exception


def owner_charges_free(exception: CustomerException | None, at: datetime) -> bool:
    if exception is None or exception.tariff is None:
        return False
    return current_prices([exception.tariff], at)[exception.tariff.pk].free


def free_tariffs(tariffs: Any, currency: str, at: datetime) -> list[Tariff]:
    """Those of the tariffs by which nobody pays at the moment."""
    costs = Q(energy_price__gt=0) | Q(time_price__gt=0) | Q(parking_price__gt=0) | Q(flat_price__gt=0)
    elements = TariffElement.objects.filter(version=OuterRef("pk"))
    versions = TariffVersion.objects.in_force(at).exclude(min_price_excl__gt=0)
    free = versions.filter(Exists(elements), ~Exists(elements.filter(costs)))
    matches = list(tariffs.filter(currency=currency, pk__in=free.values("tariff_id"))[:OFFERED])
    tags = current_prices(matches, at)
    return [tariff for tariff in matches if tags[tariff.pk].free]


def free_for_owner(point: ChargePoint, tariff: Tariff) -> ExceptionChanges:
    """The proposal that lets the owner charge by a free tariff. Raises DomainError where it makes no sense."""
    if point.owner is None or point.charge_group is None:
        raise DomainError("The charge point has no owner or no charge group: set both first.")
    if owner_exception(point) is not None:
        raise DomainError("The owner has an exception in this charge group already: edit that one.")
    note = f"Owner of {point.identity}"[:500]
    allowed = CustomerException.Access.ALLOWED
    return ExceptionChanges([ProposedException(point.charge_group, point.owner, allowed, tariff, note=note)])


def new_free_tariff(group: ChargeGroup, currency: str, by: StaffMember | None) -> Tariff:
    """The provider's; where a login of user groups makes it, that of the charge group's user group."""
    provider_id = group.provider_id
    whole = by is None or provider_id in by.scope("tariffs.add_tariff").providers
    taken = set(Tariff.objects.filter(provider_id=provider_id, code__startswith="FREE").values_list("code", flat=True))
    code = next(code for number in range(1, len(taken) + 2) if (code := f"FREE-{number}") not in taken)
    tariff = Tariff.objects.create(
        provider_id=provider_id,
        code=code,
        name="Free of charge",
        currency=currency,
        user_group=None if whole else group.user_group,
    )
    add_version(tariff, [TariffElement(flat_price=0)])
    return tariff
