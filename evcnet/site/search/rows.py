"""Rows that the box finds: of each kind by one look-up in an index, within the login's reach, all kinds by two statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import site
from django.db import models
from django.db.models import Q
from django.urls import reverse

from changes.admin.change_log import state_of
from changes.models import CHANGE_TEXT, Change
from chargegroups.models import ChargeGroup
from chargegroups.models.groups import GROUP_TEXT
from chargepoints.models import ChargePoint, Location
from chargepoints.models.locations import LOCATION_TEXT
from chargepoints.models.points import POINT_TEXT
from customers.models import ChargeCard, Customer, Job, Provider, SearchText, StaffMember, UserGroup
from evcnet.admin.base import page_of_row
from evcnet.badges import badge
from evcnet.code_keys import CodeKey, IdentityKey, UidKey
from evcnet.datetimes import database_clock
from evcnet.search_columns import SearchKey
from evcnet.site.search.lines import SearchInput, SearchLine, SearchSection, any_code
from evcnet.tenancy import Login, visible_rows
from evcnet.together import Reading, side_by_side
from roaming.models import Partner
from tariffs.models import Tariff

MOST = 5
"""Lines of a kind; its list has the others."""
FETCHED = 20
"""So many of those that match are looked at for the best."""
PLACES = 50
"""So many locations that match may bring in their charge points."""

Codes = tuple[tuple[str, type[CodeKey]], ...]
CARD_CODES: Codes = (("uid", UidKey), ("visual_number", IdentityKey))
POINT_CODES: Codes = (("identity", IdentityKey), ("evse_id", IdentityKey))


@dataclass(frozen=True)
class SearchKind:
    """A model that the box searches: ``narrow`` gives the rows whose text meets a condition, by an index. Rows of which one
    of the ``codes``, or the ``number``, was typed stand first."""

    heading: str
    model: type[models.Model]
    columns: tuple[str, ...]
    narrow: Callable[[Any, Q], Any]
    detail: Callable[[Any], Iterable[str]]
    title: Callable[[Any], str] = str
    state: Callable[[Any], str] = field(default=lambda row: "")
    codes: Codes = ()
    number: Callable[[SearchInput], Q] | None = None

    @property
    def name(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}"

    def rows(self, login: Login) -> Any:
        """All that the login sees, with the columns of a line."""
        related = {column.rpartition("__")[0].replace("__", ".") for column in self.columns} - {""}
        rows = visible_rows(self.model, login).order_by().only(*self.columns)
        return rows.select_related(*related) if related else rows

    def line(self, row: models.Model) -> SearchLine:
        details = " · ".join(filter(None, self.detail(row)))
        return SearchLine(self.title(row), details, page_of_row(self.model, row.pk), self.state(row))

    def list_link(self, text: str) -> str:
        return reverse(f"admin:{self.name}_changelist") + "?" + urlencode({"q": text})


def code_in(row: models.Model, codes: Codes, texts: Iterable[str]) -> str:
    """Which of the texts is a code of the row, however it is spelled; empty where none is."""
    keys = {(key, key.of(str(getattr(row, column)))) for column, key in codes}
    return next((text for text in texts if any((key, key.of(text)) in keys for _, key in codes)), "")


def _in_texts(row: str) -> Callable[[Any, Q], Any]:
    """By the texts of customers and cards; ``row`` is the one that is asked for."""

    def narrow(rows: Any, condition: Q) -> Any:
        texts = SearchText.objects.filter(condition, **{f"{row}__isnull": False})
        return rows.filter(pk__in=texts.order_by().values(f"{row}_id"))

    return narrow


def _in_columns(key: SearchKey) -> Callable[[Any, Q], Any]:
    return lambda rows, condition: rows.alias(text=key).filter(condition)


def _change_number(typed: SearchInput) -> Q:
    number = typed.text.lower().removeprefix("change").strip(" #")
    return Q(pk=int(number)) if number.isascii() and number.isdecimal() and len(number) < 10 else Q(pk__in=[])


def places_of_text(login: Login, typed: SearchInput) -> Any:
    """The locations whose charge points are found by them."""
    places = Location.objects.visible_to(login).order_by().alias(text=LOCATION_TEXT).filter(typed.all_parts)
    return places.values_list("pk", flat=True)[:PLACES]


def _status(row: Customer | ChargeCard | ChargePoint) -> str:
    return badge(row.status)


def _group_state(group: ChargeGroup) -> str:
    return badge("closed" if group.closed_at else group.type)


CUSTOMERS = SearchKind(
    "Customers",
    Customer,
    ("name", "number", "email", "status", "user_group__name"),
    _in_texts("customer"),
    lambda row: (row.user_group.name, row.email),
    state=_status,
    codes=(("number", IdentityKey),),
)
CARDS = SearchKind(
    "Cards",
    ChargeCard,
    ("uid", "visual_number", "status", "customer__name", "customer__number"),
    _in_texts("card"),
    lambda row: (row.visual_number, str(row.customer or "no customer")),
    title=lambda row: row.uid,
    state=_status,
    codes=CARD_CODES,
)
POINTS = SearchKind(
    "Charge points",
    ChargePoint,
    (
        "identity",
        "name",
        "status",
        "location__name",
        "location__address",
        "location__city",
        "charge_group__code",
        "charge_group__name",
    ),
    _in_columns(POINT_TEXT),
    lambda row: (
        row.identity if row.name else "",
        str(row.location or "no location"),
        str(row.charge_group or "no group"),
    ),
    state=_status,
    codes=POINT_CODES,
)
KINDS = (
    CUSTOMERS,
    CARDS,
    POINTS,
    SearchKind(
        "Locations",
        Location,
        ("code", "name", "address", "postal_code", "city"),
        _in_columns(LOCATION_TEXT),
        lambda row: (row.name if row.address else "", row.postal_code, row.code),
    ),
    SearchKind(
        "Charge groups",
        ChargeGroup,
        ("code", "name", "type", "closed_at", "user_group__name"),
        _in_columns(GROUP_TEXT),
        lambda row: (row.user_group.name,),
        state=_group_state,
    ),
    SearchKind("Tariffs", Tariff, ("code", "name", "currency"), _in_columns(GROUP_TEXT), lambda row: (row.currency,)),
    SearchKind(
        "Changes",
        Change,
        ("sentence", "reason", "takes_effect_at", "cancelled_at", "scheduled"),
        _in_columns(CHANGE_TEXT),
        lambda row: (row.reason,),
        state=lambda row: badge(state_of(row, database_clock())),
        number=_change_number,
    ),
    SearchKind(
        "Jobs", Job, ("title", "state", "kind"), _in_columns(SearchKey("title")), lambda row: (row.get_state_display(),)
    ),
    SearchKind("User groups", UserGroup, ("code", "name"), _in_columns(GROUP_TEXT), lambda row: (row.code,)),
    SearchKind("Partners", Partner, ("name",), _in_columns(SearchKey("name")), lambda row: ()),
    SearchKind(
        "Logins", StaffMember, ("name", "email"), _in_columns(SearchKey("name", "email")), lambda row: (row.email,)
    ),
    SearchKind("Providers", Provider, ("code", "name"), _in_columns(GROUP_TEXT), lambda row: (row.code,)),
)


def kinds_of(login: StaffMember) -> list[SearchKind]:
    """The kinds of which the login may see rows at all."""
    return [kind for kind in KINDS if login.has_perm(_view(kind)) and site.is_registered(kind.model)]


def _view(kind: SearchKind) -> str:
    return f"{kind.model._meta.app_label}.view_{kind.model._meta.model_name}"


def sections(login: StaffMember, typed: SearchInput) -> Reading[list[SearchSection]]:
    """What goes by the number that was typed comes first: a card before the customer who is found by it."""
    readings = [(_points if kind is POINTS else _rows)(kind, login, typed) for kind in kinds_of(login)]
    results = yield from side_by_side(*readings)
    return sorted((section for section in results if section.lines), key=lambda section: not section.is_exact)


def _rows(kind: SearchKind, login: StaffMember, typed: SearchInput) -> Reading[SearchSection]:
    rows = kind.rows(login)
    exact = _exact(kind, rows, typed)
    matches = kind.narrow(rows, typed.all_parts)[:FETCHED]
    yield [exact, matches]
    return _section(kind, typed, exact, matches)


def _points(kind: SearchKind, login: StaffMember, typed: SearchInput) -> Reading[SearchSection]:
    """Of the locations that match as well."""
    rows = kind.rows(login)
    exact, places = _exact(kind, rows, typed), places_of_text(login, typed)
    yield [exact, places]
    matches = kind.narrow(rows, typed.all_parts | Q(location_id__in=list(places)))[:FETCHED]
    yield [matches]
    return _section(kind, typed, exact, matches)


def _exact(kind: SearchKind, rows: Any, typed: SearchInput) -> Any:
    if kind.number:
        return rows.filter(kind.number(typed))
    return kind.narrow(rows, any_code([typed.text]))[:FETCHED] if kind.codes else rows.none()


def _section(kind: SearchKind, typed: SearchInput, exact: Any, matches: Any) -> SearchSection:
    first = [row for row in exact if kind.number or code_in(row, kind.codes, [typed.text])]
    others = [row for row in matches if row not in first]
    lines = [kind.line(row) for row in first]
    lines += sorted((kind.line(row) for row in others), key=lambda line: (line.rank(typed.parts), line.title))
    more = None
    if len(lines) > MOST:
        more = SearchLine(f"All in {kind.heading} with “{typed.text}”", "", kind.list_link(typed.text))
    return SearchSection(kind.heading, lines[:MOST], more, is_exact=bool(first))
