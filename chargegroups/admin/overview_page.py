"""Overview page of a charge group: who may charge, energy and money of the last days, refusals, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from changes.admin.timeline import Moment, next_of_group
from changes.change_permissions import out_of_sight
from changes.visible_impact import recorded_impact
from chargegroups.admin.access_tab import audiences
from chargegroups.admin.change_menu import ChangeMenu
from chargegroups.customer_access import grouped_access
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup, Terms
from chargepoints.admin.point_map import map_reading
from chargepoints.admin.use_tiles import coming_tile, use_tiles
from chargepoints.models import ChargePoint
from chargepoints.recent_use import recent_use
from customers.counts import customer_count
from customers.effect_words import counts_in_words
from customers.models import StaffMember
from evcnet.admin.base import page_of_row
from evcnet.admin.overview import Coming, ListItem, Overview, OverviewAdmin, ShortList, Tile
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.text import counted
from evcnet.together import Reading, read, reading_of, side_by_side, totals
from gateway.states import connection_counts
from socialcharging.models import QueueEntry

LISTED = 5
COMING = 3
_COUNT = Count("pk")
_ACTIVE = Count("pk", filter=Q(status=ChargePoint.Status.ACTIVE))


def group_overview(admin: OverviewAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> Overview:
    return GroupOverview(admin, request, group).page()


class GroupOverview:
    """One group as one login reads it now."""

    def __init__(self, admin: OverviewAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> None:
        self.admin, self.request, self.login, self.group = admin, request, request.user, group
        self.at = database_clock()
        self.snapshot = GroupSnapshot.of(group, self.at)
        self.accesses = grouped_access(self.snapshot, self.login, statuses=["active"])
        self.menu = ChangeMenu(admin, request, group, self.snapshot.stored)

    def page(self) -> Overview:
        use, counts, points, roaming, waiting, history, coming, shown_map = read(side_by_side(*self._parts()))
        return Overview(
            code=self.group.code,
            name=self.group.name,
            badges=list(self._badges()),
            facts=[str(self.group.user_group)],
            price=self.snapshot.price_of_tariff(self._tariff),
            notes=list(self._notes()),
            tiles=[
                self._points_tile(counts),
                self._access_tile(),
                *use_tiles(use, *self._lists()),
                *coming_tile(coming),
            ],
            menu=list(self.menu.entries()),
            switches=list(self.menu.switches(roaming, sum(row["all"] for row in waiting))),
            lists=[self._point_list(points, counts["all"])],
            coming=coming,
            history=history,
            map=shown_map,
            template="chargegroups/audiences.html",
            context={"rows": list(audiences(self.snapshot, self.accesses))},
        )

    def _parts(self) -> Iterator[Reading[Any]]:
        group = self.group
        yield recent_use(
            self.login, self.at, sessions={"charge_point__charge_group": group}, decisions={"charge_group": group}
        )
        yield self._point_counts()
        yield reading_of(self._points().select_related("location").order_by("identity")[:LISTED])
        yield customer_count(self.login, provider_id=group.provider_id, status="active", roams=True)
        yield reading_of(totals(self._waiting(), all=_COUNT))
        yield self.admin.latest_entries(self.request, group)
        yield self._coming()
        yield map_reading(self._points(), charge_group=group.pk)

    # The head

    @property
    def _terms(self) -> Terms | None:
        return self.snapshot.stored

    @property
    def _tariff(self) -> int | None:
        return self._terms.tariff_id if self._terms else None

    def _badges(self) -> Iterator[str]:
        yield self.group.type
        if self.group.closed_at:
            yield "closed"
        if self._terms and self._terms.roaming:
            yield "roaming"
        if self._terms and self._terms.social_charging:
            yield "social"

    def _notes(self) -> Iterator[tuple[str, str]]:
        if self.group.closed_at:
            yield "told", "Closed. It has no charge points and takes none; its history stays."
        elif self._terms is None:
            yield "warn", "No terms are in force yet, so nobody can charge here."
        elif (price := self.snapshot.price_of_tariff(self._tariff)) and price.version is None:
            yield "warn", f"No price of {price.name} is in force, so nobody can charge here."

    # Tiles

    def _points(self) -> Any:
        return ChargePoint.objects.visible_to(self.login).filter(charge_group=self.group)

    def _point_counts(self) -> Reading[dict[str, int]]:
        active = totals(self._points(), all=_COUNT, active=_ACTIVE)
        connections = connection_counts(self._points())
        yield [active, connections]
        none = {"all": 0, "active": 0, "offline": 0}
        return none | {name: many for row in (*active, *connections) for name, many in row.items()}

    def _points_tile(self, counts: dict[str, int]) -> Tile:
        offline = [f"{counts['offline']:,} offline"] if counts["offline"] else []
        detail = ", ".join([f"{counts['active']:,} active", *offline])
        label = "charge point" if counts["all"] == 1 else "charge points"
        return Tile(f"{counts['all']:,}", label, detail, self.admin.page(self.group.pk, "points"))

    def _access_tile(self) -> Tile:
        allowed = sum(each.count for each in self.accesses if each.allowed)
        excepted = sum(each.count for each in self.accesses if each.exception is not None)
        label = "customer may charge here" if allowed == 1 else "customers may charge here"
        detail = f"{excepted:,} with an exception" if excepted else "none with an exception"
        return Tile(f"{allowed:,}", label, detail, self.admin.page(self.group.pk, "customers"))

    def _lists(self) -> tuple[str, str]:
        """The addresses of the group's sessions and of its refusals."""
        sessions = reverse("admin:chargepoints_session_changelist")
        decisions = reverse("admin:chargepoints_decisionentry_changelist")
        return (
            f"{sessions}?charge_point__charge_group__id__exact={self.group.pk}",
            f"{decisions}?charge_group__id__exact={self.group.pk}&verdict=refused",
        )

    # What is to come

    def _coming(self) -> Reading[list[Coming]]:
        scheduled = yield from next_of_group(self.group, self.at, COMING)
        changes = [moment.change for moment in scheduled if moment.change]
        in_part = out_of_sight(self.login, changes)
        yield [in_part]
        hidden = set(in_part)
        return [
            Coming(moment.at, _words(moment, self.login, hidden), _change_page(moment, self.login))
            for moment in scheduled
        ]

    # What belongs to it

    def _waiting(self) -> Any:
        return QueueEntry.objects.visible_to(self.login).filter(charge_point__charge_group=self.group, left_at=None)

    def _point_list(self, points: Iterable[ChargePoint], many: int) -> ShortList:
        items = [
            ListItem(
                each.identity,
                page_of_row(ChargePoint, each.pk),
                each.status,
                ", ".join(filter(None, [each.name, str(each.location or "")])),
            )
            for each in points
        ]
        words = f"All {counted(many, 'charge point')}"
        return ShortList(
            "Charge points",
            items,
            "None yet. A charge point belongs to one charge group, which sets its tariff and who may charge there.",
            self.admin.page(self.group.pk, "points"),
            words if many else "",
        )


def _words(moment: Moment, login: StaffMember, hidden: set[int]) -> str:
    """What begins then, and how many notice, as far as the login may know."""
    change = moment.change
    recorded = recorded_impact(change, login) if change and change.pk not in hidden else None
    effects = ", ".join(counts_in_words(recorded["counts"])) if recorded else ""
    price = str(moment.price) if moment.price else moment.words
    return f"{price}; {effects}" if effects else price


def _change_page(moment: Moment, login: StaffMember) -> str:
    if moment.change is None or not login.has_perm("changes.view_change"):
        return ""
    return reverse("admin:changes_change_change", args=[moment.change.pk])
