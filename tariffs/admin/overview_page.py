"""Overview page of a tariff: its price in both readings, where it is used, what it brought in, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count

from chargegroups.models import ChargeGroup
from chargegroups.tariff_usage import groups_using
from chargepoints.admin.use_tiles import coming_tile, session_list, use_tiles
from chargepoints.recent_use import recent_use
from evcnet.admin.base import page_of_row
from evcnet.admin.overview import Coming, ListItem, MenuEntry, Overview, OverviewAdmin, ShortList, Tile
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.text import counted
from evcnet.together import read, reading_of, side_by_side, totals
from tariffs.admin.version_list import editor_page, may_change
from tariffs.conversion import price_list
from tariffs.current_price import CurrentPrice, current_price, with_elements, without_price
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing import describe, price_text

LISTED = 5
COMING = 3


def tariff_overview(admin: OverviewAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> Overview:
    login, now = request.user, database_clock()
    groups = groups_using(tariff).visible_to(login)
    versions = TariffVersion.objects.filter(tariff=tariff).select_related("tariff")
    use, number, listed, in_force, next_ones, history = read(
        side_by_side(
            recent_use(login, now, sessions={"tariff_version__tariff": tariff}),
            reading_of(totals(groups, all=Count("pk"))),
            reading_of(groups.select_related("user_group").order_by("code")[:LISTED]),
            with_elements(versions.in_force(now)),
            with_elements(versions.filter(valid_from__gt=now).order_by("valid_from")),
            admin.latest_entries(request, tariff),
        )
    )
    many, entries = sum(row["all"] for row in number), list(_price_entries(admin, request, tariff))
    price = next((current_price(each) for each in in_force), None) or without_price(tariff)
    coming = [
        Coming(each.valid_from, price_text(price_list(each)), admin.page(tariff.pk, "prices")) for each in next_ones
    ]
    return Overview(
        code=tariff.code,
        name=tariff.name,
        badges=["free"] if price.free else [],
        facts=[tariff.currency],
        price=price,
        notes=list(_notes(price)),
        tiles=[_groups_tile(admin, tariff, many), *use_tiles(use, ""), *coming_tile(coming)],
        menu=[*entries, *admin.edit_entry(request, tariff, "Edit data", "name, offers")],
        buttons=entries[:1],
        lists=[_for_drivers(in_force), _group_list(admin, tariff, listed, many), session_list(use, "")],
        coming=coming[:COMING],
        history=history,
    )


def _notes(price: CurrentPrice) -> Iterator[tuple[str, str]]:
    if price.version is None:
        yield "warn", "No version is in force: nobody can charge by this tariff."


def _groups_tile(admin: OverviewAdmin[Tariff], tariff: Tariff, many: int) -> Tile:
    label = "charge group uses it" if many == 1 else "charge groups use it"
    return Tile(f"{many:,}", label, link=admin.page(tariff.pk, "uses"))


def _price_entries(admin: OverviewAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> Iterator[MenuEntry]:
    if may_change(request, tariff):
        simple = editor_page(admin, tariff, simple=True)
        yield MenuEntry("New price", simple, "one price each; you see first whom it affects")
        yield MenuEntry("Price by time, power or length", editor_page(admin, tariff), "the table of all elements")


def _for_drivers(in_force: list[TariffVersion]) -> ShortList:
    lines = [line.text for each in in_force for line in describe(price_list(each), incl_vat=True)]
    return ShortList("As a driver reads it", [ListItem(line, "") for line in lines], "No version is in force.")


def _group_list(admin: OverviewAdmin[Tariff], tariff: Tariff, groups: list[ChargeGroup], many: int) -> ShortList:
    items = [ListItem(str(each), page_of_row(ChargeGroup, each.pk), each.type, str(each.user_group)) for each in groups]
    words = f"All {counted(many, 'charge group')}, and exceptions"
    empty = "No charge group that you may see names this tariff."
    return ShortList("Charge groups", items, empty, admin.page(tariff.pk, "uses"), words if many else "")
