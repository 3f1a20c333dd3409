"""Differences that a proposal makes, thing by thing: read from the proposal as it is stored, for the preview and the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from changes.proposals.later_terms import KEYS
from changes.proposals.stored import stored_prices
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.terms import SLOTS
from chargepoints.attach_detach import status_in
from chargepoints.models import ChargePoint
from customers.models import Customer, StaffMember, UserGroup
from evcnet.datetimes import end_in_words, moment_in_words
from tariffs.conversion import price_list
from tariffs.current_price import current_prices
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import describe

MAX_LINES = 50
NONE = "none"
HIDDEN = "one out of sight"
NO_GROUP = "no charge group"


@dataclass(frozen=True)
class Line:
    """One thing with what it was and what it becomes; several lines of text each."""

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class StoredProposal:
    """A proposal as it is kept in the record, and who reads it."""

    provider: int
    proposal: Mapping[str, Any]
    earlier: Mapping[str, Any]
    at: datetime
    login: StaffMember
    version: TariffVersion | None = None
    """Of a new version the one before, where it is at hand."""
    arising: Sequence[Model] = ()
    """Rows that arise with the change and are not stored yet: the login has typed them."""


@dataclass(frozen=True)
class Differences:
    lines: list[Line]
    more: int = 0


def differences(stored: StoredProposal) -> Differences:
    """The first lines of what differs, and how many more there are."""
    return _KINDS[stored.proposal["kind"]](stored)


# New terms


def _terms(stored: StoredProposal) -> Differences:
    if "charge_groups" in stored.earlier:
        return _terms_of_many(stored, stored.earlier["charge_groups"])
    named = _tariffs(stored)
    tariffs, tags = {row.code: row for row in named}, current_prices(named, stored.at)
    lines = []
    for key in (key for key in KEYS if key in stored.proposal["set"]):
        value, was = stored.proposal["set"][key], stored.earlier.get(key)
        if key in SLOTS:
            value = tariffs[value].pk if value in tariffs else None
        if value != was or not stored.earlier:
            lines.append(Line(_label(key), *_both_sides(key, was, value, tags)))
    return Differences([*lines, *_later_terms(stored, tags)])


def _later_terms(stored: StoredProposal, tags: Mapping[int, Any]) -> Iterable[Line]:
    """Scheduled terms that an undo has set back too."""
    for record in stored.earlier.get("scheduled", ()):
        for key, was in record["before"].items():
            what = f"{_label(key)} from {_when(record['from'])}"
            yield Line(what, *_both_sides(key, was, record["after"][key], tags))


def _terms_of_many(stored: StoredProposal, records: Mapping[str, Any]) -> Differences:
    """A line for each of the groups that change, if the login sees it."""
    groups = ChargeGroup.objects.visible_to(stored.login).filter(provider_id=stored.provider, pk__in=map(int, records))
    visible = list(groups.order_by("code"))
    first = [(group, records[str(group.pk)]) for group in visible[:MAX_LINES]]
    sides = [each for _, record in first for each in _sides_of_record(record)]
    ids = {pk for side in sides for slot in SLOTS if (pk := side.get(slot))}
    tags = current_prices(Tariff.objects.filter(pk__in=ids, provider_id=stored.provider), stored.at)
    lines = []
    for group, record in first:
        lines.append(_line_of_many(str(group), record["before"], record["set"], tags))
        for each in record["scheduled"]:
            lines.append(_line_of_many(f"{group} from {_when(each['from'])}", each["before"], each["after"], tags))
    return Differences(lines, len(visible) - len(first))


def _sides_of_record(record: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from (record["before"], record["set"])
    for each in record["scheduled"]:
        yield from (each["before"], each["after"])


def _line_of_many(what: str, before: Mapping[str, Any], after: Mapping[str, Any], tags: Mapping[int, Any]) -> Line:
    keys = [key for key in KEYS if key in after and after[key] != before[key]]
    sides = [(_label(key), *_both_sides(key, before[key], after[key], tags)) for key in keys]
    return Line(
        what,
        tuple(f"{label}: {', '.join(was)}" for label, was, _ in sides),
        tuple(f"{label}: {', '.join(becomes)}" for label, _, becomes in sides),
    )


def _label(key: str) -> str:
    name = str(Terms._meta.get_field(key).verbose_name)  # type: ignore[union-attr]
    return name[0].upper() + name[1:]


def _both_sides(key: str, was: Any, value: Any, tags: Mapping[int, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Both sides; with their codes only where two tariffs have one name, since codes can be long and say little."""
    before, after = _term(key, was, tags), _term(key, value, tags)
    if key not in SLOTS or before[0] != after[0]:
        return before, after
    return (*before, *_code(tags.get(was))), (*after, *_code(tags.get(value)))


def _code(tag: Any) -> tuple[str, ...]:
    return (tag.code,) if tag else ()


def _term(key: str, value: Any, tags: Mapping[int, Any]) -> tuple[str, ...]:
    if key not in SLOTS:
        return ("yes" if value else "no",)
    tag = tags.get(value)
    if tag is None:
        return (NONE,) if key == "tariff" else ("none: the tariff above",)
    return (tag.name, tag.words)


def _tariffs(stored: StoredProposal) -> list[Tariff]:
    """Those that are proposed, by code, and those of before, by id."""
    codes = [code for slot in SLOTS if (code := stored.proposal["set"].get(slot))]
    later = [each[side] for each in stored.earlier.get("scheduled", ()) for side in ("before", "after")]
    ids = [pk for row in (stored.earlier, *later) for slot in SLOTS if (pk := row.get(slot))]
    return list(Tariff.objects.filter(Q(code__in=codes) | Q(pk__in=ids), provider_id=stored.provider))


# A new version


def _version(stored: StoredProposal) -> Differences:
    rows = TariffVersion.objects.filter(provider_id=stored.provider, pk=stored.earlier.get("version") or 0)
    version = stored.version or rows.select_related("tariff").prefetch_related("elements").first()
    before = _lines(price_list(version)) if version else (NONE,)
    if stored.proposal.get("ends"):
        return Differences([Line("Prices", before, ("no price is in force",))])
    after = list(_lines(stored_prices(stored.proposal)))
    if until := stored.proposal.get("valid_until"):
        after.append(f"until {_last_day(until)}; then no price is in force")
    return Differences([Line("Prices", before, tuple(after))])


def _lines(prices: PriceList) -> tuple[str, ...]:
    """As the version states its prices, so that none that differ read alike."""
    return tuple(map(str, describe(prices, incl_vat=prices.tax_included)))


# Exceptions


def _exceptions(stored: StoredProposal) -> Differences:
    every = stored.proposal["rows"]
    groups = {row.code: row for row in ChargeGroup.objects.visible_to(stored.login).filter(
        provider_id=stored.provider, code__in={row["charge_group"] for row in every})}  # fmt: skip
    rows = [row for row in every if row["charge_group"] in groups]
    first = rows[:MAX_LINES]
    customers = _customers(stored, number__in=[row["customer"] for row in first])
    names = {customer.number: customer for customer in customers.values()}
    earlier = {(row["group"], row["customer"]): row for row in stored.earlier["rows"]}
    tariffs = _tariff_names(stored, rows)
    lines = []
    for row in first:
        group, customer = groups[row["charge_group"]], names.get(row["customer"])
        was = earlier.get((group.pk, customer.pk), {"removed": True}) if customer else {"removed": True}
        who = f"{customer or HIDDEN} at {group}"
        lines.append(Line(who, _exception(was, tariffs), _exception(row, tariffs)))
    return Differences(lines, len(rows) - len(first))


def _tariff_names(stored: StoredProposal, rows: Iterable[Mapping[str, Any]]) -> dict[Any, str]:
    """By code, as proposals name them, and by id, as the stored rows do."""
    codes = {row["tariff"] for row in rows if row.get("tariff")}
    ids = {row["tariff"] for row in stored.earlier["rows"] if row.get("tariff")}
    of_provider = Tariff.objects.filter(provider_id=stored.provider)
    tariffs = [*of_provider.filter(code__in=codes), *of_provider.filter(pk__in=ids)]
    return {key: row.name for row in tariffs for key in (row.pk, row.code)}


def _exception(row: Mapping[str, Any], tariffs: Mapping[Any, str]) -> tuple[str, ...]:
    if row.get("removed"):
        return ("no exception",)
    words = [str(CustomerException.Access(row["access"]).label)]
    words += [f"tariff {tariffs.get(row['tariff'], HIDDEN)}"] if row["tariff"] else []
    words += [f"from {_when(row['valid_from'])}"] if row["valid_from"] else []
    words += [f"until {_last_day(row['valid_until'])}"] if row["valid_until"] else []
    return (", ".join(words), *([f"“{row['note']}”"] if row["note"] else []))


def _when(moment: str) -> str:
    return moment_in_words(datetime.fromisoformat(moment), timezone.get_current_timezone())


def _last_day(moment: str) -> str:
    return end_in_words(datetime.fromisoformat(moment), timezone.get_current_timezone())


# Customers and charge points


def _customer_moves(stored: StoredProposal) -> Differences:
    pairs = stored.earlier["user_groups"]
    known = _customers(stored, pk__in=[pk for pk, _ in pairs[:MAX_LINES]])
    groups = UserGroup.objects.visible_to(stored.login).filter(provider_id=stored.provider)
    names = {row.pk: str(row) for row in groups}
    codes = {row.code: str(row) for row in groups}
    to = {number: codes.get(code, HIDDEN) for number, code in stored.proposal["moves"]}
    lines = []
    for pk, group in pairs[:MAX_LINES]:
        customer = known.get(pk)
        after = to[customer.number] if customer and customer.number in to else HIDDEN
        lines.append(Line(str(customer or HIDDEN), (names.get(group, HIDDEN),), (after,)))
    return Differences(lines, len(pairs) - len(lines))


def _customers(stored: StoredProposal, **which: Any) -> dict[int, Customer]:
    rows = Customer.objects.visible_to(stored.login).filter(provider_id=stored.provider, **which)
    return {row.pk: row for row in rows}


def _point_moves(stored: StoredProposal) -> Differences:
    earlier = stored.earlier["points"]
    targets = dict(stored.proposal["moves"])
    first = earlier[:MAX_LINES]
    points = ChargePoint.objects.filter(provider_id=stored.provider).in_bulk([pk for pk, _, _ in first])
    points |= {row.pk: row for row in stored.arising if isinstance(row, ChargePoint)}
    statuses = stored.proposal.get("status", {})
    groups = {row.pk: row for row in ChargeGroup.objects.visible_to(stored.login).filter(provider_id=stored.provider)}
    codes = {row.code: row for row in (*groups.values(), *stored.arising) if isinstance(row, ChargeGroup)}
    lines = list(_new_group(stored, codes))
    for pk, group, status in first:
        point = points.get(pk)
        target = targets.get(point.identity) if point else None
        came_from, to = groups.get(group), codes.get(target or "")
        before = _group(came_from, group), str(ChargePoint.Status(status).label)
        becomes = statuses.get(point.identity) if point else None
        after = _group(to, target), str(ChargePoint.Status(becomes or status_in(target, status)).label)
        name = f"{point.identity} {point.name}".strip() if point is not None and (came_from or to) else HIDDEN
        lines.append(Line(name, before, after))
    return Differences(lines, len(earlier) - len(first))


def _new_group(stored: StoredProposal, known: Mapping[str, ChargeGroup]) -> Iterable[Line]:
    """The terms of a charge group that is added, if the login sees it."""
    new = stored.proposal.get("new_group")
    group = known.get(new["code"]) if new else None
    if new and group is not None:
        named = [new["terms"][slot] for slot in SLOTS if new["terms"][slot]]
        tariffs = Tariff.objects.filter(provider_id=stored.provider, code__in=named)
        tags = {tag.code: tag for tag in current_prices(tariffs, stored.at).values()}
        terms = [_term_of_new(key, value, tags) for key, value in new["terms"].items() if value]
        begin = [f"in force from {_when(new['valid_from'])}"] if new["valid_from"] else []
        yield Line(f"New charge group {group}", (NONE,), (*terms, *begin))


def _term_of_new(key: str, value: Any, tags: Mapping[str, Any]) -> str:
    return f"{_label(key)}: {tags[value].name}, {tags[value].words}" if key in SLOTS else _label(key)


def _group(group: ChargeGroup | None, code: Any) -> str:
    """A charge group by name if the login sees it; ``code`` is how the proposal says which one."""
    return NO_GROUP if code is None else str(group or HIDDEN)


_KINDS: dict[str, Callable[[StoredProposal], Differences]] = {
    "terms": _terms,
    "version": _version,
    "exceptions": _exceptions,
    "customers": _customer_moves,
    "points": _point_moves,
    "closing": _point_moves,
}
