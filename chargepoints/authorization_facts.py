"""Facts that decide on one card at one charge point at one moment, fetched by one prepared statement.

The statement has two forms: on the rows of today, and on the rows as the kept history has them at a past moment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from django.db import models

from chargegroups.access import Facts, PartnerSays
from chargegroups.terms import Decision, GroupTerms, TariffInForce, decide
from chargepoints.authorization_statement import HISTORY, HISTORY_OF_MANY, LIVE, LIVE_OF_MANY, PRICE_LISTS, SLOTS
from evcnet.codes import identity_key, uid_key
from evcnet.statements import fetch_prepared
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import DisplayLine, PriceTexts, price_texts, tiers

R = TypeVar("R", bound=models.Model)

Question = tuple[str, str, datetime]
"""Uid of a card, identity of a charge point, and the moment."""


@dataclass(frozen=True, slots=True)
class AuthorizationFacts:
    """The facts, the terms, and what the answer shows beside them. ``row`` is the statement's one row."""

    facts: Facts
    terms: GroupTerms | None
    exception_tariff: TariffInForce | None
    agreement_tariff: TariffInForce | None
    prepaid: bool
    row: dict[str, Any]

    @property
    def known_from(self) -> datetime | None:
        """Of a past moment: from when card, customer, point and charge group are known by record. None: not by record."""
        known: datetime | None = self.row["known_from"]
        return known

    @property
    def unrecorded(self) -> bool:
        """Has one of them no entry in the history, so that it counts as it stands today?"""
        return bool(self.row["unrecorded"])

    def decide(self) -> Decision:
        return self.decide_without(frozenset())

    def decide_without(self, lines: frozenset[str]) -> Decision:
        """As if these lines were not there, and the tariff of no exception that they would have read."""
        return decide(
            self.facts,
            self.terms,
            exception_tariff=None if "exception_allowed" in lines else self.exception_tariff,
            agreement_tariff=self.agreement_tariff,
            prepaid=self.prepaid,
            without=lines,
        )

    def with_answer(self, partner_says: PartnerSays) -> AuthorizationFacts:
        """The same with what the token's e-MSP answered."""
        return replace(self, facts=replace(self.facts, partner_says=partner_says))

    def price_texts(self, source: str) -> PriceTexts:
        """How the price list of a slot (group, prepaid, roaming, agreement, exception) reads, in one line."""
        return _price_in_words(*self._price_list(source))[0]

    def tiers(self, source: str) -> tuple[DisplayLine, ...]:
        """The prices including VAT that the line shows as a range, each with when it holds."""
        return _price_in_words(*self._price_list(source))[1]

    def _price_list(self, source: str) -> tuple[int, str, str]:
        slot = slot_of(source)
        return self.row[f"{slot}_version"], self.row[f"{slot}_currency"], self.row[f"{slot}_list"]


def slot_of(source: str) -> str:
    return "tariff" if source == "group" else source


def fetch_facts(uid: str, identity: str, at: datetime, *, held_at: datetime | None) -> AuthorizationFacts:
    """Run the one statement on the rows of today. Nobody's tenancy is asked: a reader is no staff.

    ``held_at``: the moment at which holds are looked at; None: none counts, as about a moment to come.
    """
    [row] = fetch_prepared(LIVE, _named(uid, identity) | {"at": at, "held_at": held_at})
    return facts_of_row(row, at)


def fetch_past_facts(uid: str, identity: str, at: datetime) -> AuthorizationFacts:
    """The same on the kept history, with the hold of then."""
    [row] = fetch_prepared(HISTORY, _named(uid, identity) | {"at": at})
    return facts_of_row(row, at)


def _named(uid: str, identity: str) -> dict[str, Any]:
    return {"uid": uid_key(_plain(uid)), "identity": identity_key(_plain(identity))}


def fetch_rows(questions: Sequence[Question], *, held_at: datetime | None) -> list[dict[str, Any]]:
    """The rows of facts of many cards at points, in their order, as of today: one statement, and one for the price lists
    that they name. ``held_at`` as for one."""
    return _fetch_many(LIVE_OF_MANY, questions, {"held_at": held_at})


def fetch_past_rows(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The same at moments that have passed, from the kept history."""
    return _fetch_many(HISTORY_OF_MANY, questions, {})


def _fetch_many(statement: str, questions: Sequence[Question], params: dict[str, Any]) -> list[dict[str, Any]]:
    params |= {
        "uids": [uid_key(_plain(uid)) for uid, _, _ in questions],
        "identities": [identity_key(_plain(identity)) for _, identity, _ in questions],
        "moments": [at for _, _, at in questions],
    }
    rows = fetch_prepared(statement, params)
    versions = {row[f"{slot}_version"] for row in rows for slot in SLOTS} - {None}
    lists = {each["id"]: each["json"] for each in fetch_prepared(PRICE_LISTS, {"versions": sorted(versions)})}
    for row in rows:
        row |= {f"{slot}_list": lists.get(row[f"{slot}_version"]) for slot in SLOTS}
    return rows


def facts_of_row(row: dict[str, Any], at: datetime) -> AuthorizationFacts:
    """The facts of one card at one point at the moment of which the row was fetched."""
    terms = _terms(row) if row["terms"] else None
    exception = _slot_of_row(row, "exception") if row["exception"] else None
    agreement = _slot_of_row(row, "agreement") if row["token"] else None
    return AuthorizationFacts(_facts(row, at), terms, exception, agreement, row["payment"] == "prepaid", row)


def _plain(text: str) -> str:
    """No stored text holds the character that PostgreSQL refuses, so without it nothing is found either."""
    return text.strip().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _facts(row: dict[str, Any], at: datetime) -> Facts:
    same_provider = row["card"] is not None and row["card_provider"] == row["point_provider"]
    return Facts(
        at=at,
        point_known=row["point"] is not None,
        point_status=row["point_status"] or "inactive",
        point_in_group=row["charge_group"] is not None,
        point_located=row["location_id"] is not None,
        card_known=row["card"] is not None,
        card_status=row["card_status"] or "inactive",
        card_roams=bool(row["card_roams"]),
        card_valid_from=row["card_from"],
        card_valid_until=row["card_until"],
        customer_status=row["customer_status"],
        same_provider=same_provider,
        same_user_group=same_provider and row["customer_group"] == row["group_user_group"],
        exception=row["access"],
        partner_vouches=row["token"] is not None,
        token_ambiguous=bool(row["token_ambiguous"]),
        token_valid=bool(row["token_valid"]),
        held_for_another=row["held_for_another"],
    )


def _terms(row: dict[str, Any]) -> GroupTerms:
    return GroupTerms.of(lambda slot: _slot_of_row(row, slot.removesuffix("_tariff")), lambda switch: row[switch])


def _slot_of_row(row: dict[str, Any], slot: str) -> TariffInForce | None:
    code = row[f"{slot}_code"]
    return None if code is None else TariffInForce(code, row[f"{slot}_version"])


@lru_cache(maxsize=4096)
def _price_in_words(version: int, currency: str, listed: str) -> tuple[PriceTexts, tuple[DisplayLine, ...]]:
    read = json.loads(listed, parse_float=Decimal)
    elements = [_row_of(TariffElement, element) for element in read["elements"] or []]
    stored = _row_of(TariffVersion, read["version"])
    stored.tariff = Tariff(currency=currency)
    prices = price_list(stored, elements)
    return price_texts(prices), tiers(prices, incl_vat=True)


def _row_of(model: type[R], columns: dict[str, Any]) -> R:
    """A model's instance from its row as JSON, with the types of its fields."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    return model(**{fields[name].attname: fields[name].to_python(value) for name, value in columns.items()})
