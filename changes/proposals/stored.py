"""Stored proposals: read again from what ``as_json`` made of them, with the rows of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from changes.models import Change
from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.customers import CustomerMoves
from changes.proposals.exceptions import ExceptionChanges, ProposedException
from changes.proposals.new_rows import NewGroup
from changes.proposals.points import GroupClosure, Move, PointMoves
from changes.proposals.terms import NewTerms, Values
from changes.proposals.terms_of_many import TermsOfMany
from changes.proposals.versions import NewVersion
from chargegroups.models import ChargeGroup
from chargegroups.terms import SLOTS
from chargepoints.models import ChargePoint
from customers.models import Customer, UserGroup
from tariffs.models import Tariff
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import read_tariff

Row = TypeVar("Row", bound=models.Model)


def read_proposal(provider: int, stored: Mapping[str, Any], undoes: Change | None = None) -> Proposal:
    """The proposal as it was. Raises Inapplicable where what it names is gone."""
    return _KINDS[stored["kind"]](provider, stored, undoes)


def is_stored_whole(proposal: Proposal) -> bool:
    """Can it be read again? Not a charge point that arises with it: its row is the form's to store."""
    return type(proposal) in _TYPES


def _terms(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> NewTerms | TermsOfMany:
    of_many = stored.get("charge_groups")
    by_code = {stored["charge_group"]: stored["set"]} if of_many is None else of_many
    groups = _named(ChargeGroup, provider, by_code)
    named = {asked[slot] for asked in by_code.values() for slot in SLOTS if asked.get(slot)}
    tariffs = _named(Tariff, provider, named)
    values = {groups[code]: _values(asked, tariffs) for code, asked in by_code.items()}
    if of_many is not None:
        return TermsOfMany(values, undoes)
    return NewTerms(*values.popitem(), undoes)


def _values(asked: Mapping[str, Any], tariffs: Mapping[str, Tariff]) -> Values:
    return {key: tariffs[value] if key in SLOTS and value else value for key, value in asked.items()}


def _version(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> NewVersion:
    tariff = _named(Tariff, provider, [stored["tariff"]])[stored["tariff"]]
    ends = stored.get("valid_until")
    return NewVersion(tariff, stored_prices(stored), datetime.fromisoformat(ends) if ends else None)


def _exceptions(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> ExceptionChanges:
    rows = stored["rows"]
    groups = _named(ChargeGroup, provider, {row["charge_group"] for row in rows})
    customers = _named(Customer, provider, {row["customer"] for row in rows}, "number")
    tariffs = _named(Tariff, provider, {row["tariff"] for row in rows if row.get("tariff")})
    return ExceptionChanges([_exception(row, groups, customers, tariffs) for row in rows])


def _exception(row: Mapping[str, Any], groups: Any, customers: Any, tariffs: Any) -> ProposedException:
    place = groups[row["charge_group"]], customers[row["customer"]]
    if row.get("removed"):
        return ProposedException(*place, removed=True)
    moments: Any = {name: row[name] and datetime.fromisoformat(row[name]) for name in ("valid_from", "valid_until")}
    tariff = tariffs[row["tariff"]] if row["tariff"] else None
    return ProposedException(*place, access=row["access"], tariff=tariff, note=row["note"], **moments)


def _customers(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> CustomerMoves:
    customers = _named(Customer, provider, {number for number, _ in stored["moves"]}, "number")
    groups = _named(UserGroup, provider, {code for _, code in stored["moves"]})
    return CustomerMoves((customers[number], groups[code]) for number, code in stored["moves"])


def _points(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> PointMoves:
    points = _named(ChargePoint, provider, {identity for identity, _ in stored["moves"]}, "identity")
    if "new_group" in stored:
        return _new_group(provider, stored["new_group"], points.values())
    groups = _named(ChargeGroup, provider, {code for _, code in stored["moves"] if code})
    statuses = stored.get("status", {})
    moves = [
        Move(points[identity], groups[code] if code else None, statuses.get(identity))
        for identity, code in stored["moves"]
    ]
    return PointMoves(moves)


def _new_group(provider: int, stored: Mapping[str, Any], points: Iterable[ChargePoint]) -> NewGroup:
    user_group = _named(UserGroup, provider, [stored["user_group"]])[stored["user_group"]]
    tariffs = _named(Tariff, provider, {stored["terms"][slot] for slot in SLOTS if stored["terms"][slot]})
    group = ChargeGroup(
        provider_id=provider,
        user_group=user_group,
        additional_information=stored.get("additional_information", ""),
        **{name: stored[name] for name in ("code", "name", "type")},
    )
    begin = stored["valid_from"]
    return NewGroup(group, _values(stored["terms"], tariffs), points, datetime.fromisoformat(begin) if begin else None)


def _closing(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> GroupClosure:
    code = stored["charge_group"]
    return GroupClosure(_named(ChargeGroup, provider, [code])[code])


def stored_prices(stored: Mapping[str, Any]) -> PriceList:
    """The prices of a stored proposal of a new version."""
    return read_tariff(_exact(stored["prices"]))


_NUMBERS = {"price", "vat", "excl_vat", "incl_vat", "before_taxes", "after_taxes"}


def _exact(value: Any, name: str = "") -> Any:
    """Decimals are kept as text in JSON."""
    if isinstance(value, Mapping):
        return {key: _exact(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_exact(each) for each in value]
    numeric = name in _NUMBERS or name.startswith(("min_", "max_"))
    return Decimal(value) if isinstance(value, str) and numeric else value


def _named(model: type[Row], provider: int, codes: Iterable[str], name: str = "code") -> dict[str, Row]:
    """Rows by their codes, or what they have in their place. Raises Inapplicable for those that are gone."""
    asked = set(codes)
    matches = model._default_manager.filter(provider=provider, **{f"{name}__in": asked})
    rows = {getattr(row, name): row for row in matches}
    if missing := sorted(asked - rows.keys()):
        noun = model._meta.verbose_name
        raise Inapplicable(f"The {noun} {', '.join(missing)} is there no more, or has another code: propose it anew.")
    return rows


_KINDS: Mapping[str, Callable[[int, Mapping[str, Any], Change | None], Proposal]] = {
    "terms": _terms,
    "version": _version,
    "exceptions": _exceptions,
    "customers": _customers,
    "points": _points,
    "closing": _closing,
}
_TYPES = (NewTerms, TermsOfMany, NewVersion, ExceptionChanges, CustomerMoves, PointMoves, GroupClosure, NewGroup)
