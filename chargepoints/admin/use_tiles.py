"""Tiles of recent use, the same on every overview page: energy, money, refusals with why; the latest sessions; what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.formats import date_format

from chargepoints.models import Session
from chargepoints.rating_text import money
from chargepoints.recent_use import DAYS, REFUSED_DAYS, RecentUse
from evcnet.admin.base import page_of_row
from evcnet.admin.overview import Coming, ListItem, ShortList, Tile, bars
from evcnet.text import counted

ELSEWHERE = "a charge point that is not one of yours"


def use_tiles(use: RecentUse, sessions: str, refusals: str | None = None) -> Iterator[Tile]:
    """``sessions`` and ``refusals`` are the addresses of their lists, empty: there is none; None: refusals are not told."""
    detail = f"{counted(use.sessions, 'session')} in {DAYS} days"
    yield Tile(f"{use.kwh:,.0f} kWh", detail, link=sessions, bars=bars(use.days))
    yield from _money_tiles(use, sessions)
    if refusals is None:
        return
    many = f"{use.refusals:,}{' or more' if use.more_refusals else ''}"
    why = "; ".join(f"{text.rstrip('.')}: {number:,}" for text, number in use.why[:2])
    yield Tile(many, f"refused in {REFUSED_DAYS} days", f"Why: {why}" if why else "", refusals if use.refusals else "")


def _money_tiles(use: RecentUse, sessions: str) -> Iterator[Tile]:
    for each in use.money:
        label = f"excl. VAT in {DAYS} days" if each.excl_vat != each.incl_vat else f"in {DAYS} days"
        detail = f"{money(each.incl_vat, each.currency)} incl. VAT" if each.excl_vat != each.incl_vat else ""
        yield Tile(money(each.excl_vat, each.currency), label, detail, sessions)


def coming_tile(coming: Sequence[Coming]) -> Iterator[Tile]:
    if coming:
        first = coming[0]
        yield Tile(date_format(timezone.localtime(first.at), "j M Y"), "comes next", first.words, first.link)


def session_list(use: RecentUse, sessions: str) -> ShortList:
    """A charge point that the login does not see is not named."""
    items = [
        ListItem(
            date_format(timezone.localtime(each.session.started_at), "DATETIME_FORMAT"),
            page_of_row(Session, each.session.pk),
            detail=f"{each.session.kwh.normalize():f} kWh at {each.point or ELSEWHERE}",
        )
        for each in use.latest
    ]
    return ShortList("Latest sessions", items, "No session yet.", sessions, "See the sessions" if items else "")
