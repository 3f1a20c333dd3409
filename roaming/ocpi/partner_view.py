"""What one partner sees of a provider: the published locations of groups that are open to it, at what its tokens pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chargepoints.models import ChargePoint, Connector, Hold, Location
from chargepoints.ocpi.export_locations import LocationExport, PartnerPrice, export_locations
from chargepoints.ocpi.vocabulary import FORMATS, PHASES, REMOVED, connector_names
from evcnet.importexport.report import Exported
from roaming.models import Partner
from roaming.ocpi.evse_status import live_statuses
from roaming.open_groups import OpenGroup, open_groups
from tariffs.ocpi.export_tariffs import TariffExport


class PartnerView:
    """For one request, or one export: what is open is looked up once."""

    def __init__(self, partner: Partner, version: str) -> None:
        self.partner, self.version, self.now = partner, version, timezone.now()

    @cached_property
    def groups(self) -> dict[int, OpenGroup]:
        return open_groups(self.partner, self.now)

    @cached_property
    def prices(self) -> dict[int, PartnerPrice]:
        return {pk: PartnerPrice(each.tariff, each.changed_at) for pk, each in self.groups.items()}

    def locations(self, date_from: datetime | None = None, date_to: datetime | None = None) -> QuerySet[Location]:
        """Those that the partner sees, changed within the moments; without what can't be said in OCPI."""
        rows: QuerySet[Location] = Location.objects.filter(
            Exists(self._points(connectors__isnull=False)),
            provider=self.partner.provider_id,
            published=True,
            latitude__isnull=False,
            longitude__isnull=False,
        ).exclude(Q(address="") | Q(city=""))
        if date_from is not None:
            rows = rows.filter(self._changed_since(date_from))
        return rows if date_to is None else rows.exclude(self._changed_since(date_to))

    def points(self) -> QuerySet[ChargePoint]:
        """The EVSEs of these locations: of groups that are open, with connectors for all of which OCPI has words."""
        unnamed = ~Q(standard__in=connector_names(self.version), format__in=FORMATS, power_type__in=list(PHASES))
        points: QuerySet[ChargePoint] = ChargePoint.objects.filter(
            Exists(Connector.objects.filter(charge_point=OuterRef("pk"))),
            ~Exists(Connector.objects.filter(unnamed, charge_point=OuterRef("pk"))),
            charge_group__in=list(self.groups),
            location__in=self.locations().values("pk"),
        )
        return points

    def write_locations(self, rows: Sequence[Location]) -> list[dict[str, Any]]:
        """The objects of these rows; what can't be said in OCPI is not among them."""
        stored = Location.objects.filter(pk__in=[each.pk for each in rows]).order_by("pk")
        return self._export.write(stored.prefetch_related("chargepoint_set__connectors"))

    def points_at(self, location: str) -> list[ChargePoint]:
        """The charge points that the partner sees at its location as EVSEs; none where it sees no such location."""
        rows = self.locations().filter(code__iexact=location)
        written = [evse for each in self.write_locations(list(rows[:1])) for evse in each["evses"]]
        uids = {each["uid"].lower() for each in written if each["status"] != REMOVED}
        points = ChargePoint.objects.filter(location__in=rows.values("pk"), charge_group__in=list(self.groups))
        return [each for each in points if each.evse_uid.lower() in uids]

    def export_locations(self) -> Exported:
        """All of them, and why each of the others is left out."""
        return export_locations(self.partner.provider, prices=self.prices, live=live_statuses)

    def export_tariffs(self) -> Exported:
        """The tariffs that the partner's tokens pay at any of its groups, each with its versions to come."""
        only = {each.tariff for each in self.prices.values()}
        return TariffExport(self.partner.provider, only=only, version=self.version).exported

    @cached_property
    def _export(self) -> LocationExport:
        return LocationExport(self.partner.provider, prices=self.prices, live=live_statuses, version=self.version)

    def _points(self, **which: Any) -> QuerySet[ChargePoint]:
        points: QuerySet[ChargePoint] = ChargePoint.objects.filter(location=OuterRef("pk"), **which)
        return points.filter(charge_group__in=list(self.prices))

    def _changed_since(self, moment: datetime) -> Q:
        """By the rows' own moments, or since the price of a group or the state of a device is another."""
        groups = [pk for pk, each in self.prices.items() if each.changed_at >= moment]
        recent = Q(Exists(self._points(updated_at__gte=moment))) | Q(Exists(self._points(charge_group__in=groups)))
        of_devices = Q(Exists(self._points(device__state_changed_at__gte=moment)))
        held = Hold.objects.filter(
            Q(begins_at__gte=moment) | Q(ended_at__gte=moment) | Q(until__lte=self.now),
            until__gte=moment,
            charge_point__charge_group__in=list(self.prices),
            charge_point__location__isnull=False,
        )
        of_holds = Q(pk__in=held.values("charge_point__location"))
        return Q(updated_at__gte=moment) | recent | of_devices | of_holds
