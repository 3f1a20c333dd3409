"""CSV resource of tariffs: a row is one version with one element, without steps or restrictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

from django.db.models import QuerySet

from changes.cancel import cancel_version
from changes.proposals import NewVersion
from changes.resources import ProposedRows, TermsResource
from chargegroups.tariff_usage import used_among
from customers.models import UserGroup
from evcnet import datetimes
from evcnet.errors import DomainError
from evcnet.importexport.declaration import NotExportable, Values, clean_instance, filter_in
from evcnet.importexport.fields import Field
from evcnet.importexport.results import RowResult
from evcnet.importexport.row_errors import quoted
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import CodeWidget, DecimalWidget, MomentWidget, ReferenceWidget
from tariffs import writes as tariff_writes
from tariffs.conversion import price_list
from tariffs.median_prices import Medians, median_prices
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import Restrictions
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing.currencies import MINOR_UNITS
from tariffs.pricing.lints import likely_typos, lost_vat
from tariffs.pricing.problems import Finding

PRICES = {"energy_per_kwh": "energy", "flat_fee": "flat", "time_per_hour": "time", "parking_per_hour": "parking"}
LIMITS = {
    "min_price": "min_price_excl",
    "max_price": "max_price_excl",
    "min_price_incl": "min_price_incl",
    "max_price_incl": "max_price_incl",
}
MOST_REMARKS = 20
STEPS = ("energy", "time", "parking")
OF_THE_TARIFF = ("name", "currency", "user_group")
MOST = 10_000_000


def _price(what: str) -> Field:
    return Field(DecimalWidget(decimals=4, most=MOST, unit=f"{what}, without VAT"), needed="empty: not priced")


def _limit(what: str, empty: str = "no limit") -> Field:
    return Field(DecimalWidget(decimals=4, most=MOST, unit=what), needed=f"empty: {empty}")


class TariffResource(TermsResource):
    """An export is not copied by the database: whether a version is a row at all, and at which rate of VAT, follows from its
    elements. It is streamed, some thousand versions with their elements at a time."""

    approval_remedy: ClassVar = "Set the prices on the page of the tariff, where they are kept as a draft that waits."
    creates_in_bulk: ClassVar = False
    label_models: ClassVar = (Tariff,)

    code = Field(CodeWidget(), required=True)
    name = Field(required=True)
    valid_from = Field(MomentWidget(), required=True)
    currency = Field(CodeWidget(capitals=True), default=None, stays=True, needed="else the provider’s")
    energy_per_kwh = _price("per kWh")
    flat_fee = _price("per session")
    time_per_hour = _price("per hour of charging")
    parking_per_hour = _price("per hour of parking")
    vat_percent = Field(DecimalWidget(decimals=4, most=100, unit="per cent", percentage=True), default=Decimal(0))
    min_price = _limit("a session costs at least this, without VAT")
    max_price = _limit("a session costs at most this, without VAT")
    min_price_incl = _limit("the same with VAT", "in proportion to min_price")
    max_price_incl = _limit("the same with VAT", "in proportion to max_price")

    user_group = Field(ReferenceWidget(UserGroup), needed="whose own it is; empty: the provider’s")

    class Meta:
        model, name, import_id_fields = TariffVersion, "tariffs", ("code", "valid_from")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = datetimes.database_clock()
        self.tariffs: dict[tuple[int | None, str], Tariff] = {}
        self.priced: set[int] = set()
        self.medians: Mapping[tuple[int, str], Medians] = {}
        self.first_rows: dict[
            tuple[int | None, str], tuple[int, Values]
        ] = {}  # of each tariff: row number, name and currency

        # of each tariff that changes: its versions by their beginning, and the row that says one
        self.timelines: dict[tuple[int | None, str], dict[datetime, tuple[PriceList, int | None]]] = {}

    def find_instances(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], TariffVersion]:
        codes = sorted({row.key[1] for row in rows if row.key})
        self.medians = median_prices(self.scope.rows(Tariff), self.now)
        tariffs = self.scope.rows(Tariff, "change").filter(provider__in={row.provider for row in rows if row.provider})
        self.tariffs = {(each.provider_id, each.code): each for each in filter_in(tariffs, "code", codes, lock=lock)}
        versions = self._versions().filter(tariff__in=list(self.tariffs.values()))
        instances = {(each.provider_id, each.tariff.code, each.valid_from): each for each in versions}
        self.priced = {each.tariff_id for each in instances.values()}
        for each in instances.values():
            each.tariff = self.tariffs[each.provider_id, each.tariff.code]
        for (provider, code, begins), each in instances.items():
            self.timelines.setdefault((provider, code), {}).setdefault(begins, (price_list(each), None))
        return instances

    def get_queryset(self) -> QuerySet[TariffVersion]:
        return self.of_provider(self._versions().order_by("provider__code", "tariff__code", "valid_from"))

    def _versions(self) -> QuerySet[TariffVersion]:
        versions: QuerySet[TariffVersion] = self.scope.rows(TariffVersion)
        return versions.select_related("provider", "tariff__user_group").prefetch_related("elements")

    def not_exportable(self) -> dict[str, int]:
        tariffs = self.of_provider(self.scope.rows(Tariff).filter(versions=None))
        return {"a tariff without a version": tariffs.count()}

    def values_of(self, instance: TariffVersion) -> Values:
        element = _only_element(instance)
        rates = {getattr(element, f"{each}_vat") or Decimal(0) for each in _price_fields(element)}
        if len(rates) > 1:
            raise NotExportable("a version with several VAT rates")
        tariff = instance.tariff
        values: Values = {"code": tariff.code} | {name: getattr(tariff, name) for name in OF_THE_TARIFF}
        values |= {"valid_from": instance.valid_from, "vat_percent": rates.pop()}
        values |= {name: getattr(element, f"{each}_price") for name, each in PRICES.items()}
        return values | {name: getattr(instance, field) for name, field in LIMITS.items()}

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        tariff = self.tariffs.get((row.provider_id, new_values["code"]))
        if new_values["currency"] is None:
            owner: Any = row.provider if tariff is None else tariff
            new_values["currency"] = owner.currency
        if tariff is not None and "user_group" not in row:
            new_values["user_group"] = tariff.user_group
        elif new_values["user_group"] is None:
            new_values["user_group"] = self.scope.own_user_group(TariffVersion)
        self._refuse_other_tariff(row, tariff, new_values)
        changed = _repriced(new_values, old_values)
        if old_values is not None and changed and old_values["valid_from"] <= self.now:
            raise DomainError(
                "This version is in force and stays as it is: give the new prices a later valid_from.", changed[0]
            )
        if changed:
            _refuse_senseless(new_values)
            prices = _price_list(tariff or Tariff(currency=new_values["currency"]), new_values)
            timeline = self.timelines.setdefault((row.provider_id, new_values["code"]), {})
            timeline[new_values["valid_from"]] = prices, row.number

    def remarks(self) -> list[str]:
        """The first rows whose prices were hardly meant: unusual ones, and those that lack the VAT of the version before."""
        rows = sorted(
            (number, f"Row {number}: {each.why} {each.remedy}") for number, each in (*self._lost_vat(), *self._typos())
        )
        return [text for _, text in rows[:MOST_REMARKS]]

    def _lost_vat(self) -> Iterator[tuple[int, Finding]]:
        for timeline in self.timelines.values():
            in_order = sorted(timeline.items(), key=lambda pair: pair[0])
            for (_, (before, _)), (_, (after, number)) in pairwise(in_order):
                if number is not None:
                    yield from ((number, finding) for finding in lost_vat(before, after))

    def _typos(self) -> Iterator[tuple[int, Finding]]:
        for (provider, _), timeline in self.timelines.items():
            for prices, number in timeline.values():
                if number is not None:
                    medians = self.medians.get((provider or 0, prices.currency), ())
                    yield from ((number, finding) for finding in likely_typos(prices, dict(medians)))

    def _refuse_other_tariff(self, row: Row, tariff: Tariff | None, new_values: Values) -> None:
        """Name and currency are the tariff's: all of its rows say the same."""
        if new_values["currency"] not in MINOR_UNITS:
            raise DomainError(
                f"{quoted(new_values['currency'])} is not a currency: write its three letters, such as EUR.", "currency"
            )
        if tariff is not None and tariff.pk in self.priced and tariff.currency != new_values["currency"]:
            raise DomainError(f"The currency of a tariff stays {tariff.currency}: make another tariff.", "currency")
        mine = {name: new_values[name] for name in OF_THE_TARIFF}
        key = (row.provider_id, new_values["code"])
        number, others = self.first_rows.setdefault(key, (row.number, mine))
        for name in OF_THE_TARIFF:
            if others[name] != mine[name]:
                raise DomainError(
                    f"Row {number} says {quoted(str(others[name] or 'nothing'))} of the same tariff: write the same in both.",
                    name,
                )

    def proposals(self, results: list[RowResult]) -> list[ProposedRows]:
        """Each version of a tariff in use is a change: it begins at its own moment, and is cancelled by itself."""
        later = [
            (each, self.tariffs.get((each.row.provider_id, each.new_values["code"])))
            for each in results
            if each.new_values["valid_from"] > self.now and _repriced(each.new_values, each.old_values)
        ]
        used = used_among(tariff.pk for _, tariff in later if tariff is not None)
        later.sort(key=lambda pair: pair[0].new_values["valid_from"])
        return [
            ProposedRows(
                NewVersion(tariff, _price_list(tariff, each.new_values)), [each], each.new_values["valid_from"]
            )
            for each, tariff in later
            if tariff is not None and tariff.pk in used
        ]

    def before_proposal(self, proposed: ProposedRows) -> None:
        """The version that it replaces is cancelled."""
        [result] = proposed.effects
        if result.instance is not None:
            cancel_version(result.instance, self.scope.login, self.file_changes.way)
            result.instance = None

    def save_row(self, result: RowResult) -> TariffVersion:
        values = result.new_values
        version: TariffVersion | None = result.instance
        tariff = self._save_tariff(result.row, values)
        fields = {field: values[name] for name, field in LIMITS.items()}
        if version is None:
            version = tariff_writes.add_version(tariff, [_element(values)], valid_from=values["valid_from"], **fields)
            change = self.change_of(result.row)
            if change is not None:
                change.versions.add(version)
        elif version.valid_from > self.now:
            tariff_writes.replace_version(version, [_element(values)], **fields)
        return version

    def _save_tariff(self, row: Row, new_values: Values) -> Tariff:
        key = (row.provider_id, new_values["code"])
        tariff = self.tariffs.get(key) or Tariff(provider=row.provider, code=new_values["code"])
        mine = {name: new_values[name] for name in OF_THE_TARIFF}
        if tariff.pk is None or any(getattr(tariff, name) != value for name, value in mine.items()):
            for name, value in mine.items():
                setattr(tariff, name, value)
            clean_instance(tariff).save()
        self.tariffs[key] = tariff
        return tariff


def _only_element(version: Any) -> Any:
    elements = list(version.elements.all())
    if len(elements) != 1:
        raise NotExportable("a version with several elements")
    element = elements[0]
    if any(getattr(element, name) for name in Restrictions.__dataclass_fields__):
        raise NotExportable("a version with restrictions")
    if any(getattr(element, f"{each}_step") != 1 for each in STEPS if each in _price_fields(element)):
        raise NotExportable("a version with other steps")
    if version.valid_until is not None:
        raise NotExportable("a version that ends")
    if version.tax_included:
        raise NotExportable("a version with prices including VAT")
    return element


def _price_fields(element: Any) -> list[str]:
    return [each for each in PRICES.values() if getattr(element, f"{each}_price") is not None]


def _element(new_values: Values) -> TariffElement:
    element = TariffElement()
    for name, each in PRICES.items():
        if new_values[name] is not None:
            setattr(element, f"{each}_price", new_values[name])
            setattr(element, f"{each}_vat", new_values["vat_percent"])
    return element


def _repriced(new_values: Values, old_values: Values | None) -> list[str]:
    """The columns of the version that differ; name and currency are the tariff's."""
    differs = [name for name, value in new_values.items() if (old_values or {}).get(name, ...) != value]
    return [name for name in differs if name not in OF_THE_TARIFF]


def _price_list(tariff: Tariff, new_values: Values) -> PriceList:
    version = TariffVersion(tariff=tariff, **{field: new_values[name] for name, field in LIMITS.items()})
    return price_list(version, [_element(new_values)])


def _refuse_senseless(new_values: Values) -> None:
    prices = {name: new_values[name] for name in PRICES if new_values[name] is not None}
    if not prices:
        raise DomainError("The version has no price: give one. Free of charge is flat_fee 0 alone.", "energy_per_kwh")
    if not any(prices.values()) and list(prices) != ["flat_fee"]:
        wrong = next(name for name in prices if name != "flat_fee")
        raise DomainError("All prices are zero: free of charge is flat_fee 0 alone, so leave this cell empty.", wrong)
    _refuse_senseless_limits(new_values)


def _refuse_senseless_limits(values: Values) -> None:
    for name in ("min_price", "max_price"):
        excl, incl = values[name], values[f"{name}_incl"]
        if incl is not None and excl is None:
            raise DomainError("Give the limit without VAT as well.", name)
        if incl is not None and incl < excl:
            raise DomainError("The limit with VAT is less than the one without: exchange them.", f"{name}_incl")
    for end in ("", "_incl"):
        least, most = values[f"min_price{end}"], values[f"max_price{end}"]
        if least is not None and most is not None and least > most:
            raise DomainError("The minimum is more than the maximum: exchange them, or correct one.", f"min_price{end}")


RESOURCES = (TariffResource,)
