"""The last thirty days, on the home page: sessions, energy, money and refusals of each day, as charts and as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils.formats import date_format

from chargepoints.models import DecisionEntry, Session
from chargepoints.recent_use import DAYS, begin_of_days, last_days, of_last_days, ratings_of, use_by_day
from customers.models import StaffMember
from evcnet.admin.overview import bars
from evcnet.site.home.to_do import list_of
from evcnet.together import Reading


@dataclass(frozen=True)
class Day:
    """``share`` is the height of its bar: percent of the highest day of its measure."""

    day: date
    amount: Decimal
    text: str
    share: int

    @property
    def in_words(self) -> str:
        return f"{date_format(self.day, 'j M')}: {self.text}"


@dataclass(frozen=True)
class Measure:
    """One amount by day: "Energy", in kWh, 9,842 in all. ``link`` leads to the rows."""

    label: str
    unit: str
    total: str
    days: tuple[Day, ...]
    sentence: str
    link: str

    @property
    def amounts(self) -> str:
        """For the script that draws its chart."""
        return ",".join(f"{day.amount:f}" for day in self.days)


@dataclass(frozen=True)
class Table:
    """The same amounts as rows of days, the latest first: (day, texts)."""

    heads: tuple[str, ...]
    rows: tuple[tuple[date, tuple[str, ...]], ...]


def measure_reading(login: StaffMember, now: datetime) -> Reading[list[Measure]]:
    """Those that the login sees rows of; days are those of its time zone, today included."""
    sessions = of_last_days(Session.objects.visible_to(login), now)
    use, money, refusals = use_by_day(sessions), _money(login, sessions), _refusals(login, now)
    yield [use, money, refusals]
    days, measures = last_days(now), list[Measure]()
    if login.has_perm("chargepoints.view_session"):
        link = list_of(Session)
        counts = {row["day"]: Decimal(row["count"]) for row in use}
        energy = {row["day"]: row["energy"] for row in use}
        measures += [_measure("Sessions", "", days, counts, link), _measure("Energy", "kWh", days, energy, link)]
        measures += _money_measures(login, days, money, link)
    if login.has_perm("chargepoints.view_decisionentry"):
        refused = {row["day"]: Decimal(row["count"]) for row in refusals}
        measures.append(_measure("Refused", "", days, refused, f"{list_of(DecisionEntry)}?verdict=refused"))
    return measures


def table_of(measures: Sequence[Measure]) -> Table:
    heads = tuple(f"{each.label}, {each.unit}" if each.unit else each.label for each in measures)
    by_day = zip(*(each.days for each in measures), strict=True)
    return Table(heads, tuple((days[0].day, tuple(day.text for day in days)) for days in reversed(list(by_day))))


def _money(login: StaffMember, sessions: Any) -> Any:
    """By day and currency. Who works for user groups: what their customers pay."""
    if login.user_groups:
        scope = login.scope("chargepoints.view_rating")
        sessions = sessions.filter(customer__user_group__in=scope.user_groups)
    by_day = ratings_of(sessions, login).annotate(day=TruncDate("session__started_at")).values("day", "currency")
    return by_day.annotate(money=Sum("excl_vat"))


def _refusals(login: StaffMember, now: datetime) -> Any:
    rows = DecisionEntry.objects.refusals(login, since=begin_of_days(now))
    return rows.annotate(day=TruncDate("asked_at")).values("day").annotate(count=Count("pk"))


def _money_measures(login: StaffMember, days: list[date], rows: Any, link: str) -> Iterable[Measure]:
    """One a currency; where nothing was rated, one of zeros in the first provider's currency."""
    by_currency: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in rows:
        by_currency[row["currency"]][row["day"]] = row["money"]
    if not by_currency and login.providers:
        by_currency[login.providers[0].currency] = {}
    label = "Paid by your customers" if login.user_groups else "Income"
    for currency, amounts in sorted(by_currency.items()):
        yield _measure(label, f"{currency} excl. VAT", days, amounts, link, digits=2)


def _measure(
    label: str, unit: str, dates: list[date], amounts: dict[date, Decimal], link: str, *, digits: int = 0
) -> Measure:
    by_day = [amounts.get(day, Decimal()) for day in dates]
    shares = bars(by_day) or [0] * len(dates)
    parts = zip(dates, by_day, shares, strict=True)
    days = tuple(Day(day, amount, f"{amount:,.{digits}f}", share) for day, amount, share in parts)
    total = f"{sum(by_day, Decimal()):,.{digits}f}"
    return Measure(label, unit, total, days, _in_words(label, unit, total, days), link)


def _in_words(label: str, unit: str, total: str, days: tuple[Day, ...]) -> str:
    best = max(days, key=lambda day: day.amount)
    if not best.amount:
        return f"{label}: none in {DAYS} days."
    of = f" {unit}" if unit else ""
    return f"{label}: {total}{of} in {DAYS} days, the most on {date_format(best.day, 'j M')}: {best.text}."
