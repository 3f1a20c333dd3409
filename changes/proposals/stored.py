"""Stored proposals: read again from what ``as_json`` made of them, with the rows of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from changes.models import Change
from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.terms import NewTerms
from changes.proposals.versions import NewVersion
from chargegroups.models import ChargeGroup
from chargegroups.terms import SLOTS
from tariffs.models import Tariff
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import read_tariff

Row = TypeVar("Row", bound=models.Model)


def read_proposal(provider: int, stored: Mapping[str, Any], undoes: Change | None = None) -> Proposal:
    """The proposal as it was. Raises Inapplicable where what it names is gone."""
    return _KINDS[stored["kind"]](provider, stored, undoes)


def is_stored_whole(proposal: Proposal) -> bool:
    """Can it be read again? Not where rows arise with it: these are typed and stored at once."""
    return type(proposal) in _TYPES


def _terms(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> NewTerms:
    group = _named(ChargeGroup, provider, [stored["charge_group"]])[stored["charge_group"]]
    asked = stored["set"]
    tariffs = _named(Tariff, provider, {asked[slot] for slot in SLOTS if asked.get(slot)})
    values = {key: tariffs[value] if key in SLOTS and value else value for key, value in asked.items()}
    return NewTerms(group, values, undoes)


def _version(provider: int, stored: Mapping[str, Any], undoes: Change | None) -> NewVersion:
    tariff = _named(Tariff, provider, [stored["tariff"]])[stored["tariff"]]
    ends = stored.get("valid_until")
    return NewVersion(tariff, stored_prices(stored), datetime.fromisoformat(ends) if ends else None)


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


def _named(model: type[Row], provider: int, codes: Iterable[str]) -> dict[str, Row]:
    """Rows by their codes. Raises Inapplicable for those that are gone."""
    asked = set(codes)
    rows = {row.code: row for row in model._default_manager.filter(provider=provider, code__in=asked)}  # type: ignore[attr-defined]
    if missing := sorted(asked - rows.keys()):
        noun = model._meta.verbose_name
        raise Inapplicable(f"The {noun} {', '.join(missing)} is there no more, or has another code: propose it anew.")
    return rows


_KINDS: Mapping[str, Callable[[int, Mapping[str, Any], Change | None], Proposal]] = {
    "terms": _terms,
    "version": _version,
}
_TYPES = (NewTerms, NewVersion)
