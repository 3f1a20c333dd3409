"""Exceptions added, changed or removed, one or many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from changes.proposals.base import Inapplicable, NothingToChange, Proposal
from changes.snapshots import Basis, BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup, CustomerException
from chargegroups.writes import put_exceptions
from customers.models import Customer
from evcnet.text import counted
from evcnet.validity import is_valid
from tariffs.models import Tariff

if TYPE_CHECKING:
    from changes.models import Change

COLUMNS = ("access", "tariff_id", "valid_from", "valid_until", "note")
POINTERS = ("provider", "charge_group", "customer", "tariff")


@dataclass(frozen=True, slots=True)
class CustomerName:
    """A customer by id and number, in the place of a whole one where a change has very many."""

    pk: int
    number: str


@dataclass(frozen=True, slots=True)
class ProposedException:
    """The row as it would be; ``removed`` means that there would be none."""

    charge_group: ChargeGroup
    customer: Customer | CustomerName
    access: str = "policy"
    tariff: Tariff | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    note: str = ""
    removed: bool = False

    @property
    def key(self) -> tuple[int, int]:
        return self.charge_group.pk, self.customer.pk

    @property
    def tariff_id(self) -> int | None:
        return self.tariff.pk if self.tariff else None

    @property
    def columns(self) -> dict[str, Any]:
        return {column: getattr(self, column) for column in COLUMNS}

    def holds(self, at: datetime) -> bool:
        return not self.removed and is_valid(self.valid_from, self.valid_until, at)

    def judged_at(self, at: datetime) -> datetime:
        """An exception that begins later is judged at the moment at which it begins."""
        return max(at, self.valid_from) if self.valid_from and not self.removed else at

    def at(self, at: datetime) -> dict[str, Any]:
        """The facts of it, as ``Basis.exceptions`` has them."""
        return {
            "customer_id": self.customer.pk,
            "charge_group_id": self.charge_group.pk,
            "access": self.access if self.holds(self.judged_at(at)) else None,
            "tariff_id": self.tariff_id,
        }


class ExceptionChanges(Proposal):
    """Any number of rows of "Customers and tariffs" of one provider. Scheduled by their own window."""

    kind: ClassVar[str] = "exceptions"

    def __init__(self, rows: Sequence[ProposedException], *, checked: bool = False) -> None:
        """``checked``: each row was compared and checked by itself before, as those of a file are."""
        if not rows:
            raise NothingToChange("No exception was chosen: there is nothing to change.")
        self.checked = checked
        self.rows = sorted(rows, key=lambda row: row.key)
        self.provider_id = rows[0].charge_group.provider_id
        self._customers = sorted({row.customer.pk for row in self.rows})
        self._groups = list({row.charge_group.pk: row.charge_group for row in self.rows}.values())

    @property
    def groups(self) -> list[ChargeGroup]:
        return self._groups

    @property
    def customers(self) -> Collection[int]:  # type: ignore[override]
        return self._customers

    def _stored_rows(self) -> dict[tuple[int, int], dict[str, Any]]:
        """The columns of the rows that are there, by charge group and customer. Plain values: there may be many."""
        rows = CustomerException.objects.filter(charge_group__in=self.groups, customer_id__in=self.customers)
        stored = rows.values_list("charge_group_id", "customer_id", *COLUMNS)
        return {(group, customer): dict(zip(COLUMNS, row, strict=True)) for group, customer, *row in stored}

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "rows": [_row_json(row) for row in self.rows]}

    def read(self, at: datetime) -> Basis:
        if len({row.key for row in self.rows}) < len(self.rows):
            raise Inapplicable("A customer has one exception in a charge group: name each customer once.")
        stored = self._stored_rows()
        differs = self.checked or any(self._differs(row, stored.get(row.key)) for row in self.rows)
        if differs and not self.checked:
            self._clean()
        places = group_snapshots(self.groups, at, also={row.tariff_id for row in self.rows if row.tariff_id})
        return Basis(
            at=at,
            groups=self.groups,
            places=[BeforeAfter(place, place) for place in places.values()],
            rows={"exceptions": sorted(stored.items()), "terms": [place.stored_pk for place in places.values()]},
            earlier={"rows": [_stored_json(row.key, stored.get(row.key)) for row in self.rows]},
            nothing="" if differs else "The exceptions say this already: there is nothing to change.",
            exceptions=[row.at(at) for row in self.rows],
        )

    def _clean(self) -> None:
        """Pointers and constraints are the database's to judge, for all rows at once."""
        for row in self.rows:
            if not row.removed:
                self._unsaved(row).clean_fields(exclude=POINTERS)

    def _differs(self, row: ProposedException, stored: dict[str, Any] | None) -> bool:
        if row.removed or stored is None:
            return (stored is None) != row.removed
        return stored != row.columns

    def _unsaved(self, row: ProposedException) -> CustomerException:
        return CustomerException(
            provider_id=self.provider_id, charge_group=row.charge_group, customer_id=row.customer.pk, **row.columns
        )

    def write(self, change: Change | None, basis: Basis) -> None:
        for group in self.groups:
            gone = [row.customer.pk for row in self.rows if row.removed and row.charge_group.pk == group.pk]
            if gone:
                CustomerException.objects.filter(charge_group=group, customer__in=gone).delete()
        put_exceptions([self._unsaved(row) for row in self.rows if not row.removed])

    def sentence(self) -> str:
        where = str(self.groups[0]) if len(self.groups) == 1 else f"{len(self.groups)} charge groups"
        # Names of customers stay out of it: whoever sees the charge group reads it.
        return f"{counted(len(self.rows), 'exception')} at {where}"


def _row_json(row: ProposedException) -> dict[str, Any]:
    data: dict[str, Any] = {"charge_group": row.charge_group.code, "customer": row.customer.number}
    if row.removed:
        return data | {"removed": True}
    return data | {
        "access": row.access,
        "tariff": row.tariff.code if row.tariff else None,
        "valid_from": row.valid_from and row.valid_from.isoformat(),
        "valid_until": row.valid_until and row.valid_until.isoformat(),
        "note": row.note,
    }


def _stored_json(key: tuple[int, int], row: dict[str, Any] | None) -> dict[str, Any]:
    data: dict[str, Any] = {"group": key[0], "customer": key[1]}
    if row is None:
        return data | {"removed": True}
    return data | {
        "access": row["access"],
        "tariff": row["tariff_id"],
        "valid_from": row["valid_from"] and row["valid_from"].isoformat(),
        "valid_until": row["valid_until"] and row["valid_until"].isoformat(),
        "note": row["note"],
    }
