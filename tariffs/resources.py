"""CSV files of tariffs: a row is one version with one element, without steps or restrictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from changes.apply import cancel_version
from changes.file_changes import ProposedRows
from changes.proposals import NewVersion
from chargegroups.tariff_usage import used_among
from evcnet import datetimes
from evcnet.errors import DomainError
from evcnet.importexport.columns import Code, Column, Moment, Number
from evcnet.importexport.kinds import Kind, NotHeld, Row, asked, checked
from evcnet.importexport.outcomes import Effect
from evcnet.importexport.problems import quoted
from tariffs import writes as tariff_writes
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import Restrictions
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing.currencies import MINOR_UNITS

PRICES = {"energy_per_kwh": "energy", "flat_fee": "flat", "time_per_hour": "time", "parking_per_hour": "parking"}
LIMITS = {
    "min_price": "min_price_excl",
    "max_price": "max_price_excl",
    "min_price_incl": "min_price_incl",
    "max_price_incl": "max_price_incl",
}
STEPS = ("energy", "time", "parking")
OF_THE_TARIFF = ("name", "currency")


def _price(name: str, what: str) -> Number:
    return Number(name, decimals=4, most=10_000_000, what=what, needed="empty: not priced")


def _limit(name: str, what: str, empty: str = "no limit") -> Number:
    return Number(name, decimals=4, most=10_000_000, what=what, needed=f"empty: {empty}")


class Tariffs(Kind):
    name, model, key, at_once = "tariffs", TariffVersion, ("code", "valid_from"), False
    changes_terms = True
    columns = (
        Code("code", required=True),
        Column("name", required=True),
        Moment("valid_from", required=True),
        Code("currency", capitals=True, default=None, needed="else the provider’s"),
        _price("energy_per_kwh", "per kWh, without VAT"),
        _price("flat_fee", "per session, without VAT"),
        _price("time_per_hour", "per hour of charging, without VAT"),
        _price("parking_per_hour", "per hour of parking, without VAT"),
        Number("vat_percent", decimals=4, most=100, default=Decimal(0), what="per cent"),
        _limit("min_price", "a session costs at least this, without VAT"),
        _limit("max_price", "a session costs at most this, without VAT"),
        _limit("min_price_incl", "the same with VAT", "in proportion to min_price"),
        _limit("max_price_incl", "the same with VAT", "in proportion to max_price"),
    )

    def __init__(self, reach: Any) -> None:
        super().__init__(reach)
        self.now = datetimes.database_clock()
        self.tariffs: dict[tuple[int, str], Tariff] = {}
        self.priced: set[int] = set()
        self.said: dict[tuple[int, str], tuple[int, dict[str, Any]]] = {}

    def find(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        codes = sorted({row.key[1] for row in rows if row.key})
        tariffs = self.reach.rows(Tariff, "change").filter(provider__in={row.provider for row in rows if row.provider})
        self.tariffs = {(each.provider_id, each.code): each for each in asked(tariffs, "code", codes, lock=lock)}
        versions = self._versions().filter(tariff__in=list(self.tariffs.values()))
        found = {(each.provider_id, each.tariff.code, each.valid_from): each for each in versions}
        self.priced = {each.tariff_id for each in found.values()}
        for each in found.values():
            each.tariff = self.tariffs[each.provider_id, each.tariff.code]
        return found

    def listed(self, provider: Any) -> Any:
        rows = self._versions().order_by("provider__code", "tariff__code", "valid_from")
        return rows if provider is None else rows.filter(provider=provider)

    def _versions(self) -> Any:
        return self.reach.rows(TariffVersion).select_related("provider", "tariff").prefetch_related("elements")

    def unheld(self, provider: Any) -> dict[str, int]:
        rows = self.reach.rows(Tariff).filter(versions=None)
        return {"a tariff without a version": (rows if provider is None else rows.filter(provider=provider)).count()}

    def stored(self, thing: Any) -> dict[str, Any]:
        element = _only_element(thing)
        rates = {getattr(element, f"{each}_vat") or Decimal(0) for each in _priced(element)}
        if len(rates) > 1:
            raise NotHeld("a version with several VAT rates")
        values = {"code": thing.tariff.code, "name": thing.tariff.name, "currency": thing.tariff.currency}
        values |= {"valid_from": thing.valid_from, "vat_percent": rates.pop()}
        values |= {name: getattr(element, f"{each}_price") for name, each in PRICES.items()}
        return values | {name: getattr(thing, field) for name, field in LIMITS.items()}

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        tariff = self.tariffs.get((row.provider.pk, wanted["code"]))
        if wanted["currency"] is None:
            keeps = tariff is not None and "currency" not in row.cells
            wanted["currency"] = tariff.currency if tariff is not None and keeps else row.provider.currency
        self._refuse_other_tariff(row, tariff, wanted)
        changed = _repriced(wanted, stored)
        if stored is not None and changed and stored["valid_from"] <= self.now:
            raise DomainError(
                "This version is in force and stays as it is: give the new prices a later valid_from.", changed[0]
            )
        if changed:
            _refuse_senseless(wanted)

    def _refuse_other_tariff(self, row: Row, tariff: Tariff | None, wanted: dict[str, Any]) -> None:
        """Name and currency are the tariff's: all of its rows say the same."""
        if wanted["currency"] not in MINOR_UNITS:
            raise DomainError(
                f"{quoted(wanted['currency'])} is not a currency: write its three letters, such as EUR.", "currency"
            )
        if tariff is not None and tariff.pk in self.priced and tariff.currency != wanted["currency"]:
            raise DomainError(f"The currency of a tariff stays {tariff.currency}: make another tariff.", "currency")
        mine = {name: wanted[name] for name in OF_THE_TARIFF}
        number, others = self.said.setdefault((row.provider.pk, wanted["code"]), (row.number, mine))
        for name in OF_THE_TARIFF:
            if others[name] != mine[name]:
                raise DomainError(
                    f"Row {number} says {quoted(others[name])} of the same tariff: write the same in both.", name
                )

    def proposed(self, effects: list[Effect]) -> Iterator[ProposedRows]:
        """Each version of a tariff in use is a change: it begins at its own moment, and is cancelled by itself."""
        later = [
            each for each in effects if each.wanted["valid_from"] > self.now and _repriced(each.wanted, each.stored)
        ]
        tariffs = {id(each): self.tariffs.get((each.row.provider.pk, each.wanted["code"])) for each in later}
        used = used_among(tariff.pk for tariff in tariffs.values() if tariff is not None)
        for effect in sorted(later, key=lambda each: each.wanted["valid_from"]):
            tariff = tariffs[id(effect)]
            if tariff is not None and tariff.pk in used:
                if effect.thing is not None:
                    cancel_version(effect.thing, self.reach.login)
                    effect.thing = None
                proposal = NewVersion(tariff, _price_list(tariff, effect.wanted))
                yield ProposedRows(proposal, [effect], effect.wanted["valid_from"])

    def write(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        tariff = self._tariff(row, wanted)
        fields = {field: wanted[name] for name, field in LIMITS.items()}
        if thing is None:
            version = tariff_writes.add_version(tariff, [_element(wanted)], valid_from=wanted["valid_from"], **fields)
            if row.change is not None:
                row.change.versions.add(version)
            return version
        if thing.valid_from > self.now:
            tariff_writes.replace_version(thing, [_element(wanted)], **fields)
        return thing

    def _tariff(self, row: Row, wanted: dict[str, Any]) -> Tariff:
        key = (row.provider.pk, wanted["code"])
        tariff = self.tariffs.get(key) or Tariff(provider=row.provider, code=wanted["code"])
        mine = {name: wanted[name] for name in OF_THE_TARIFF}
        if tariff.pk is None or any(getattr(tariff, name) != value for name, value in mine.items()):
            for name, value in mine.items():
                setattr(tariff, name, value)
            checked(tariff).save()
        self.tariffs[key] = tariff
        return tariff


def _only_element(version: Any) -> Any:
    elements = list(version.elements.all())
    if len(elements) != 1:
        raise NotHeld("a version with several elements")
    element = elements[0]
    if any(getattr(element, name) for name in Restrictions.__dataclass_fields__):
        raise NotHeld("a version with restrictions")
    if any(getattr(element, f"{each}_step") != 1 for each in STEPS if each in _priced(element)):
        raise NotHeld("a version with other steps")
    if version.valid_until is not None:
        raise NotHeld("a version that ends")
    if version.tax_included:
        raise NotHeld("a version with prices including VAT")
    return element


def _priced(element: Any) -> list[str]:
    return [each for each in PRICES.values() if getattr(element, f"{each}_price") is not None]


def _element(wanted: dict[str, Any]) -> TariffElement:
    element = TariffElement()
    for name, each in PRICES.items():
        if wanted[name] is not None:
            setattr(element, f"{each}_price", wanted[name])
            setattr(element, f"{each}_vat", wanted["vat_percent"])
    return element


def _repriced(wanted: dict[str, Any], stored: dict[str, Any] | None) -> list[str]:
    """The columns of the version that differ; name and currency are the tariff's."""
    differs = [name for name, value in wanted.items() if (stored or {}).get(name, ...) != value]
    return [name for name in differs if name not in OF_THE_TARIFF]


def _price_list(tariff: Tariff, wanted: dict[str, Any]) -> PriceList:
    version = TariffVersion(tariff=tariff, **{field: wanted[name] for name, field in LIMITS.items()})
    return price_list(version, [_element(wanted)])


def _refuse_senseless(wanted: dict[str, Any]) -> None:
    prices = {name: wanted[name] for name in PRICES if wanted[name] is not None}
    if not prices:
        raise DomainError("The version has no price: give one. Free of charge is flat_fee 0 alone.", "energy_per_kwh")
    if not any(prices.values()) and list(prices) != ["flat_fee"]:
        wrong = next(name for name in prices if name != "flat_fee")
        raise DomainError("All prices are zero: free of charge is flat_fee 0 alone, so leave this cell empty.", wrong)
    _refuse_senseless_limits(wanted)


def _refuse_senseless_limits(wanted: dict[str, Any]) -> None:
    for name in ("min_price", "max_price"):
        excl, incl = wanted[name], wanted[f"{name}_incl"]
        if incl is not None and excl is None:
            raise DomainError("Give the limit without VAT as well.", name)
        if incl is not None and incl < excl:
            raise DomainError("The limit with VAT is less than the one without: exchange them.", f"{name}_incl")
    for end in ("", "_incl"):
        least, most = wanted[f"min_price{end}"], wanted[f"max_price{end}"]
        if least is not None and most is not None and least > most:
            raise DomainError("The minimum is more than the maximum: exchange them, or correct one.", f"min_price{end}")
